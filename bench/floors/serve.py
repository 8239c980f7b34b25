"""Serves a floor or a peer as Ringback serves itself: ``python -m bench.floors.serve MODULE:APP PORT``."""

import sys

import uvicorn

if __name__ == "__main__":
    application, port = sys.argv[1:]
    uvicorn.run(
        application,
        port=int(port),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
    )
