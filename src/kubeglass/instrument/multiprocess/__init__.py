"""Add up the values that the processes of one application leave in a folder.

The folder's state at any moment is: files of living processes, files of dead ones, and at most one ``compacted`` file a
kind with the totals of all the dead that came before. A scrape reads; whoever scrapes also compacts (:mod:`.compact`).
"""
