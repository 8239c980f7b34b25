"""The floor of starting: a FastAPI application with nothing in it."""

from fastapi import FastAPI

app = FastAPI()


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    """Answer."""
    return {"status": "ok"}
