"""The console: everything that administrators and supervisors do, in the browser.

Pages are made on the server and work without JavaScript; ``static/console.js`` makes them quicker. ``app.py`` lists the
pages and lets people in, ``visit.py`` is one request, ``page.py`` its answer, ``pages/`` what there is to see and do.
"""
