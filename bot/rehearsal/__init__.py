"""Rehearsal: a simulated class. Its people know the links they were given and nothing else of Cohost.

They read pages and server-sent events and send forms, as a browser does, from a process of their own. So what they tell
at the end is what people would have seen. Run: `python -m bot.rehearsal --class FILE.json`.

  cast      who they are in the demo        people    what all of them do      learner, facilitator, manager   habits
  browser   one person's open page          reading   HTML -> cards            phrases                         words
  wall      the clock that they look at     story     what they received       register, steps, checks         sums
"""
