"""Add up the values that the processes of one application write to a folder.

At any moment the folder has files of living processes, files of dead ones, and at most one ``compacted`` file per kind
with the totals of all that died earlier. A thread of one process compacts (:mod:`.background_compaction`); a scrape
reads, and compacts if no such thread runs.
"""
