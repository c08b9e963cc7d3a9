"""Rehearsal: a simulated class. Its people know the links they were given and nothing else of Cohost.

They read pages and server-sent events and send forms, as a browser does, from a process of their own. So what they tell
at the end is what people would have seen. Run: `python -m bot.rehearsal --class FILE.json`.

  wall      the clock on everybody's wall        reading   HTML -> cards            browser   one person's open page
  people    what all people do                   learner, facilitator, manager      their habits
  story     what everybody received, in order    register  all that they did         steps, checks  whether it adds up
  cast      who they are in the demo            phrases   the words they go by
"""
