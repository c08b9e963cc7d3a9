"""How everything made of blocks must look: a table, one line for each thing and in it one entry for each limit.

A name that ends in "!" must be there. What the table does not name is refused, as Slack refuses it.
"""

from tests.slack.checks import (
    PLAIN,
    TABLE,
    Check,
    anything,
    either,
    flag,
    items,
    kind,
    number,
    one_of,
    part,
    text,
    words,
)

MESSAGE, MODAL, HOME = "message", "modal", "home"
SELECTS = tuple(f"{what}_select" for what in ("static", "external", "users", "conversations", "channels"))
MULTI_SELECTS = tuple(f"multi_{name}" for name in SELECTS)
PICKERS = ("datepicker", "timepicker")
CHOICES = ("checkboxes", "radio_buttons")
ACTIONS = ("button", "overflow", "workflow_button", "datetimepicker", *PICKERS, *CHOICES, *SELECTS)
ACCESSORIES = ("button", "overflow", "image", "workflow_button", *PICKERS, *CHOICES, *SELECTS, *MULTI_SELECTS)
TYPED = ("plain_text_input", "number_input", "email_text_input", "url_text_input", "rich_text_input")
INPUTS = (*TYPED, "file_input", "datetimepicker", *PICKERS, *CHOICES, *SELECTS, *MULTI_SELECTS)
IN_A_LINE = ("text", "link", "user", "usergroup", "channel", "emoji", "broadcast", "date", "color", "team")
IN_RICH_TEXT = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")
IN_A_CONTAINER = ("section", "divider", "context", "header", "image", "rich_text", "actions", "markdown")
BLOCKS = (
    *(
        "section",
        "divider",
        "header",
        "context",
        "actions",
        "image",
        "input",
        "rich_text",
        "video",
        "markdown",
        "table",
    ),
    *("data_table", "data_visualization", "context_actions", "card", "carousel", "container", "alert", "plan"),
    "task_card",
)

STYLES = ("bold", "italic", "strike", "code", "underline", "highlight", "unlink", "client_highlight")

NAMED: dict[str, Check] = {"action_id": words(255, 1)}
FOCUSED = NAMED | {"focus_on_load": flag}
ASKED = FOCUSED | {"confirm": part("confirm")}
HELD = ASKED | {"placeholder": text(150, PLAIN)}
BLOCK: dict[str, Check] = {"block_id": words(255, 1)}
STYLE = part("style")
LOOK = items(kind(*IN_A_LINE), 0)
OPTIONS_100: dict[str, Check] = {
    "options": items(part("option"), 1, 100),
    "option_groups": items(part("option_group"), 1, 100),
}
MOST: dict[str, Check] = {"max_selected_items": number(1)}
TYPING: dict[str, Check] = FOCUSED | {"placeholder": text(150, PLAIN), "dispatch_action_config": part("dispatch")}
ANSWER: dict[str, Check] = {"response_url_enabled": flag}

TABLE |= {
    # Parts of elements.
    "confirm": {
        "title!": text(100, PLAIN),
        "text!": text(300),
        "confirm!": text(30, PLAIN),
        "deny!": text(30, PLAIN),
        "style": one_of("primary", "danger"),
    },
    "option": {"text!": text(75), "value!": words(150, 1), "description": text(75)},
    "overflow_option": {
        "text!": text(75, PLAIN),
        "value!": words(150, 1),
        "description": text(75, PLAIN),
        "url": words(3000, 1),
    },
    "option_group": {"label!": text(75, PLAIN), "options!": items(part("option"), 1, 100)},
    "dispatch": {
        "trigger_actions_on!": items(one_of("on_enter_pressed", "on_character_entered"), 1, 2),
    },
    "slack_file": {"id": words(None, 1), "url": words(3000, 1)},
    "filter": {
        "include": items(one_of("im", "mpim", "private", "public"), 1),
        "exclude_external_shared_channels": flag,
        "exclude_bot_users": flag,
    },
    "style": dict.fromkeys(
        ("bold", "italic", "strike", "code", "underline", "highlight", "unlink", "client_highlight"), flag
    ),
    # Elements.
    "button": NAMED
    | {
        "text!": text(75, PLAIN),
        "value": words(2000),
        "url": words(3000, 1),
        "style": one_of("primary", "danger"),
        "confirm": part("confirm"),
        "accessibility_label": words(75, 1),
    },
    "workflow_button": NAMED | {"text!": text(75, PLAIN), "workflow!": anything, "style": one_of("primary", "danger")},
    "overflow": NAMED | {"options!": items(part("overflow_option"), 1, 5), "confirm": part("confirm")},
    "checkboxes": ASKED | {"options!": items(part("option"), 1, 10), "initial_options": items(part("option"), 1, 10)},
    "radio_buttons": ASKED | {"options!": items(part("option"), 1, 10), "initial_option": part("option")},
    "static_select": HELD | OPTIONS_100 | {"initial_option": part("option")},
    "multi_static_select": HELD | OPTIONS_100 | MOST | {"initial_options": items(part("option"), 1, 100)},
    "external_select": HELD | {"min_query_length": number(0), "initial_option": part("option")},
    "multi_external_select": HELD
    | MOST
    | {"min_query_length": number(0), "initial_options": items(part("option"), 1, 100)},
    "users_select": HELD | {"initial_user": words(None, 1)},
    "multi_users_select": HELD | MOST | {"initial_users": items(words(None, 1), 1)},
    "conversations_select": HELD
    | ANSWER
    | {"initial_conversation": words(None, 1), "default_to_current_conversation": flag, "filter": part("filter")},
    "multi_conversations_select": HELD
    | MOST
    | {
        "initial_conversations": items(words(None, 1), 1),
        "default_to_current_conversation": flag,
        "filter": part("filter"),
    },
    "channels_select": HELD | ANSWER | {"initial_channel": words(None, 1)},
    "multi_channels_select": HELD | MOST | {"initial_channels": items(words(None, 1), 1)},
    "datepicker": HELD | {"initial_date": words(10, 10)},
    "timepicker": HELD | {"initial_time": words(5, 5), "timezone": words(None, 1)},
    "datetimepicker": ASKED | {"initial_date_time": number(1_000_000_000, 9_999_999_999)},
    "plain_text_input": TYPING
    | {
        "initial_value": words(3000),
        "multiline": flag,
        "min_length": number(0, 3000),
        "max_length": number(1, 3000),
    },
    "number_input": TYPING
    | {"is_decimal_allowed!": flag, "initial_value": words(), "min_value": words(), "max_value": words()},
    "email_text_input": TYPING | {"initial_value": words()},
    "url_text_input": TYPING | {"initial_value": words()},
    "rich_text_input": TYPING | {"initial_value": kind("rich_text")},
    "file_input": NAMED | {"filetypes": items(words(None, 1), 1), "max_files": number(1, 10)},
    "feedback_buttons": NAMED | {"positive_button!": part("feedback"), "negative_button!": part("feedback")},
    "feedback": {"text!": text(75, PLAIN), "value!": words(2000), "accessibility_label": words(75, 1)},
    "icon_button": NAMED
    | {
        "icon!": one_of("trash"),
        "text!": text(75, PLAIN),
        "value": words(2000),
        "confirm": part("confirm"),
        "accessibility_label": words(75, 1),
        "visible_to_user_ids": items(words(None, 1), 1),
    },
    # What rich text is made of.
    "text": {"text!": words(None, 1), "style": STYLE},
    "link": {"url!": words(None, 1), "text": words(), "unsafe": flag, "style": STYLE},
    "user": {"user_id!": words(None, 1), "style": STYLE},
    "usergroup": {"usergroup_id!": words(None, 1), "style": STYLE},
    "team": {"team_id!": words(None, 1), "style": STYLE},
    "channel": {"channel_id!": words(None, 1), "style": STYLE},
    "emoji": {"name!": words(None, 1), "unicode": words(), "skin_tone": number(1, 6), "style": STYLE},
    "broadcast": {"range!": one_of("here", "channel", "everyone"), "style": STYLE},
    "date": {"timestamp!": number(), "format!": words(None, 1), "url": words(None, 1), "fallback": words()},
    "color": {"value!": words(None, 1)},
    "rich_text_section": {"elements!": LOOK},
    "rich_text_list": {
        "style!": one_of("bullet", "ordered"),
        "elements!": items(kind("rich_text_section"), 0),
        "indent": number(0, 8),
        "offset": number(0),
        "border": number(0, 1),
    },
    "rich_text_preformatted": {
        "elements!": items(kind("text", "link"), 0),
        "border": number(0, 1),
        "language": words(),
    },
    "rich_text_quote": {"elements!": LOOK, "border": number(0, 1)},
    "raw_text": {"text!": words(None, 1)},
    "raw_number": {"value!": number(whole=False), "text!": words(None, 1)},
    # Blocks.
    "section": BLOCK
    | {
        "text": text(3000),
        "fields": items(text(2000), 1, 10),
        "accessory": kind(*ACCESSORIES),
        "expand": flag,
    },
    "divider": BLOCK,
    "header": BLOCK | {"text!": text(150, PLAIN)},
    "context": BLOCK | {"elements!": items(either(text(3000), kind("image")), 1, 10)},
    "actions": BLOCK | {"elements!": items(kind(*ACTIONS), 1, 25)},
    "context_actions": BLOCK | {"elements!": items(kind("feedback_buttons", "icon_button"), 1, 5)},
    "image": BLOCK
    | {
        "alt_text!": words(2000, 1),
        "image_url": words(3000, 1),
        "slack_file": part("slack_file"),
        "title": text(2000, PLAIN),
    },
    "input": BLOCK
    | {
        "label!": text(2000, PLAIN),
        "element!": kind(*INPUTS),
        "hint": text(2000, PLAIN),
        "optional": flag,
        "dispatch_action": flag,
    },
    "rich_text": BLOCK | {"elements!": items(kind(*IN_RICH_TEXT), 1)},
    "video": BLOCK
    | {
        "alt_text!": words(2000, 1),
        "title!": text(199, PLAIN),
        "thumbnail_url!": words(3000, 1),
        "video_url!": words(3000, 1),
        "author_name": words(49, 1),
        "title_url": words(3000, 1),
        "description": text(200, PLAIN),
        "provider_icon_url": words(3000, 1),
        "provider_name": words(50, 1),
    },
    "markdown": BLOCK | {"text!": words(12_000, 1)},
    "table": BLOCK
    | {
        "rows!": items(items(kind("raw_text", "raw_number", "rich_text"), 1, 20), 1, 100),
        "column_settings": items(part("column"), 0, 20),
    },
    "column": {"align": one_of("left", "center", "right"), "is_wrapped": flag},
    "data_table": BLOCK
    | {
        "caption!": words(None, 1),
        "rows!": items(items(kind("raw_text", "raw_number", "rich_text"), 1, 20), 2, 101),
        "page_size": number(1, 100),
        "row_header_column_index": number(0, 19),
    },
    "data_visualization": BLOCK | {"title!": words(50, 1), "chart!": kind("pie", "bar", "line", "area")},
    "pie": {"segments!": items(part("segment"), 1, 6)},
    "segment": {"label!": words(20, 1), "value!": number(whole=False)},
    "bar": {"series!": items(part("series"), 1, 6), "axis_config!": part("axis")},
    "line": {"series!": items(part("series"), 1, 6), "axis_config!": part("axis")},
    "area": {"series!": items(part("series"), 1, 6), "axis_config!": part("axis")},
    "series": {"name!": words(20, 1), "data!": items(part("point"), 1, 20)},
    "point": {"label!": words(20, 1), "value!": number(whole=False)},
    "axis": {"categories!": items(words(20, 1), 1, 20), "x_label": words(50, 1), "y_label": words(50, 1)},
    "card": BLOCK
    | {
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "icon": kind("image"),
        "hero_image": kind("image"),
        "actions": items(kind("button"), 1, 5),
    },
    "carousel": BLOCK | {"elements!": items(kind("card"), 1, 10)},
    "container": BLOCK
    | {
        "title": text(150, PLAIN),
        "rich_text_title": kind("rich_text"),
        "subtitle": text(150),
        "width": one_of("narrow", "standard", "wide", "full"),
        "icon": kind("image"),
        "has_header_divider": flag,
        "child_blocks!": items(kind(*IN_A_CONTAINER), 1, 10),
        "is_collapsible": flag,
        "default_collapsed": flag,
    },
    "alert": BLOCK | {"text!": text(3000), "level": one_of("default", "info", "warning", "error", "success")},
    "plan": BLOCK | {"title!": words(None, 1), "tasks": items(kind("task_card"), 1)},
    "task_card": BLOCK
    | {
        "task_id!": words(255, 1),
        "title!": words(None, 1),
        "status": one_of("pending", "in_progress", "complete", "error"),
        "details": kind("rich_text"),
        "output": kind("rich_text"),
        "sources": items(kind("url"), 1),
    },
    "url": {"url!": words(3000, 1), "text!": words(None, 1)},
    # Views.
    "modal": {
        "title!": text(24, PLAIN),
        "submit": text(24, PLAIN),
        "close": text(24, PLAIN),
        "clear_on_close": flag,
        "notify_on_close": flag,
        "submit_disabled": flag,
    },
    "home": {},
}
VIEW: dict[str, Check] = {
    "blocks!": items(kind(*BLOCKS), 0, 100),
    "private_metadata": words(3000),
    "callback_id": words(255),
    "external_id": words(255),
}
TABLE["modal"] |= VIEW
TABLE["home"] |= VIEW

# Whatever is not named here may stand anywhere.
ONLY_IN: dict[str, tuple[str, ...]] = {
    "markdown": (MESSAGE,),
    "table": (MESSAGE,),
    "data_table": (MESSAGE,),
    "data_visualization": (MESSAGE,),
    "context_actions": (MESSAGE,),
    "plan": (MESSAGE,),
    "task_card": (MESSAGE,),
    "number_input": (MODAL,),
    "email_text_input": (MODAL,),
    "url_text_input": (MODAL,),
    "file_input": (MODAL,),
    "datetimepicker": (MESSAGE, MODAL),
}
