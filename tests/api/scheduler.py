"""The five endpoints as an integration calls them, and how their answers are read."""

from pathlib import Path
from typing import Any

import httpx2 as httpx
from tests.running import Running

ORGANIZATIONS = Path(__file__).parent / "organizations"
"""The configuration files of the four organizations."""


class Scheduler:
    """An organization's endpoints with its token, if it has one, and widgets without."""

    def __init__(self, server: Running, organization_id: str, token: str | None = None) -> None:
        self.server = server
        self.id = organization_id
        self.token = token

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def widgets(self, **query: str) -> httpx.Response:
        path = f"/api/organization/{self.id}/widget_status"
        return self.server.get(path, params=query, headers=self.authorization)

    def status(self, contact_number: Any, *, types: str | None = None) -> httpx.Response:
        path = f"/api/organization/{self.id}/callback_status" + (f"?types={types}" if types else "")
        return self.server.post(path, json={"contact_number": contact_number}, headers=self.authorization)

    def cancel(self, contact_number: Any, **body: Any) -> httpx.Response:
        path = f"/api/organization/{self.id}/cancel_callback"
        return self.server.post(path, json={"contact_number": contact_number, **body}, headers=self.authorization)

    def widget(self, widget_id: str, **query: str) -> httpx.Response:
        return self.server.get(f"/api/widget/{widget_id}", params=query)

    def request(
        self, widget_id: str, contact_number: Any, *, headers: dict[str, str] | None = None, **body: Any
    ) -> httpx.Response:
        sent = {"contact_number": contact_number, **body}
        return self.server.post(f"/api/widget/{widget_id}/request_callback", json=sent, headers=headers)

    def requested(self, widget_id: str, contact_number: str, **body: Any) -> dict[str, Any]:
        """A callback that was accepted."""
        return only(self.request(widget_id, contact_number, **body))


def call_target_id(server: Running, organization_id: str, key: str) -> str:
    """The public id of a call target: no file can choose it."""
    row = server.app.db.read_now(
        lambda tx: tx.one(
            "SELECT id FROM call_targets WHERE org_id = :org AND key = :key", org=organization_id, key=key
        )
    )
    assert row is not None
    return str(row["id"])


def entries(answer: httpx.Response) -> list[dict[str, Any]]:
    """What stands in the envelope of an answer of 200."""
    assert answer.status_code == 200, answer.text
    return _in_envelope(answer)


def only(answer: httpx.Response) -> dict[str, Any]:
    """The one object in the envelope of an answer of 200."""
    (entry,) = entries(answer)
    return entry


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """HTTP status and error word of an answer that must be an error of the contract, in its envelope."""
    (entry,) = _in_envelope(answer)
    assert set(entry) == {"status", "message"}, entry
    assert entry["message"].endswith(".")
    assert answer.status_code != 200
    return answer.status_code, entry["status"]


def _in_envelope(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-request-id"]
    body = answer.json()
    assert list(body) == ["data"]
    return body["data"]
