"""What each command does: one small file a group of commands, dispatched by ``recsys.cli``.

Heavy modules are imported inside functions, so that ``--help`` answers at once.
"""
