"""Charts as SVG for pages that run no script: the simulator's report and the console's reports."""
