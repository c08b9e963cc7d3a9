"""Microsoft's own adapter as it comes: CloudAdapter proves the token, finds the handler and answers. Nothing is stored.

One thing is mended, without which it answers no press at all (microsoft/teams-sdk#2547): it serialises twice.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace

from aiohttp import web
from botbuilder.core import InvokeResponse, TurnContext
from botbuilder.core.teams import TeamsActivityHandler
from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication
from botbuilder.schema import AdaptiveCardInvokeResponse, AdaptiveCardInvokeValue
from botframework.connector.auth import ChannelValidation

CARD = {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": "Your vote: B", "wrap": True}]}


class Handler(TeamsActivityHandler):
    """It says yes."""

    async def on_adaptive_card_invoke(
        self, turn_context: TurnContext, invoke_value: AdaptiveCardInvokeValue
    ) -> AdaptiveCardInvokeResponse:
        return AdaptiveCardInvokeResponse(status_code=200, type="application/vnd.microsoft.card.adaptive", value=CARD)

    @staticmethod
    def _create_invoke_response(body: object = None) -> InvokeResponse:
        return InvokeResponse(status=200, body=body)


def main() -> None:
    """Listen on the port that is given, for the app that is given, with keys from the address that is given."""
    ChannelValidation.open_id_metadata_endpoint = sys.argv[3]
    told = SimpleNamespace(APP_ID=sys.argv[2], APP_PASSWORD="let-me-in")
    adapter, handler = CloudAdapter(ConfigurationBotFrameworkAuthentication(told)), Handler()

    async def messages(request: web.Request) -> web.Response:
        return await adapter.process(request, handler) or web.Response()

    app = web.Application()
    app.router.add_post("/api/messages", messages)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
