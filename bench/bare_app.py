"""What the manager is compared with: FastAPI and uvicorn with one route, and nothing else."""

import sys

import uvicorn
from fastapi import FastAPI

app = FastAPI()


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}


if __name__ == "__main__":
    # Event loop and HTTP parser as the manager has them: uvicorn's choice, which is uvloop and httptools where they exist.
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), ws="none", access_log=False, log_level="warning")
