"""What is promised of several workers: totals of all, whatever happens to them."""

from __future__ import annotations

from tools.broken.mutation import Mutation

FOLDER = "tests/unit/instrument/multiprocess/test_folder.py::"
REAL = "tests/library/test_workers.py::"

WORKERS = (
    Mutation(
        "counters never go backwards",
        "the dead's files are removed and not compacted",
        "instrument/multiprocess/compaction.py",
        '    _replace(folder.path / f"{kind}_{COMPACTED}.db", _encode(folder, kind, totals, counting), gone)\n',
        "",
        (f"{FOLDER}test_totals_are_prometheus_clients_before_and_after_compaction",),
    ),
    Mutation(
        "counters never go backwards",
        "old totals are dropped when new ones are written",
        "instrument/multiprocess/compaction.py",
        "        names.insert(0, old)\n",
        "        pass\n",
        (
            f"{FOLDER}test_totals_are_prometheus_clients_before_and_after_compaction",
            f"{FOLDER}test_totals_are_the_same_wherever_a_compaction_is_killed",
            f"{REAL}test_killed_workers_leave_their_totals_and_no_files[sync]",
        ),
    ),
    Mutation(
        "kill -9 in the middle of a compaction",
        "a file that the totals include counts once more",
        "instrument/multiprocess/folder.py",
        "            if name.name in compacted or (name.owner in dead and name.kind in TRANSIENT):\n",
        "            if name.owner in dead and name.kind in TRANSIENT:\n",
        (f"{FOLDER}test_totals_are_the_same_wherever_a_compaction_is_killed",),
    ),
    Mutation(
        "kill -9 in the middle of a compaction",
        "new totals are written over the old ones",
        "instrument/multiprocess/compaction.py",
        "        fresh.replace(path)\n",
        '        path.write_bytes(content + b"[]")\n',
        (f"{FOLDER}test_totals_are_the_same_wherever_a_compaction_is_killed",),
    ),
    Mutation(
        "scrapes beside a compaction",
        "a file that vanished is passed over",
        "instrument/multiprocess/folder.py",
        "            reader = self.reader(name)\n            if reader.inode in inodes:\n",
        "            try:\n                reader = self.reader(name)\n            except FileNotFoundError:\n"
        "                continue\n            if reader.inode in inodes:\n",
        (f"{FOLDER}test_a_reading_that_meets_a_compaction_counts_nobody_twice_and_leaves_nobody_out",),
    ),
    Mutation(
        "scrapes beside a compaction",
        "two compact at the same time",
        "instrument/multiprocess/compaction.py",
        "    except BlockingIOError:\n        yield False\n",
        "    except BlockingIOError:\n        yield True\n",
        (f"{FOLDER}test_only_one_compacts_at_a_time",),
    ),
    Mutation(
        "no dead worker's file piles up",
        "a scrape does not compact",
        "instrument/multiprocess/scrape.py",
        "        if not reading.dead:\n            return\n",
        "        return\n",
        (f"{REAL}test_killed_workers_leave_their_totals_and_no_files[sync]",),
    ),
    Mutation(
        "no dead worker's file piles up",
        "files that were never finished stay for ever",
        "instrument/multiprocess/compaction.py",
        "        _remove(folder, _litter(folder.path))\n",
        "",
        (f"{FOLDER}test_a_file_that_was_never_finished_is_removed_when_it_is_old",),
    ),
    Mutation(
        "no empty `/metrics`",
        "a folder that is gone is an empty page",
        "instrument/metrics_endpoint.py",
        '            return "503 Service Unavailable", [PLAIN], f"{error}\\n".encode()\n',
        '            return "200 OK", [PLAIN], b""\n',
        ("tests/library/test_page.py::test_a_page_that_cannot_be_made_is_an_error_and_not_an_empty_one",),
    ),
    Mutation(
        "worker restarts: pids come back",
        "the living are told by their pid",
        "instrument/multiprocess/liveness.py",
        "is_locked(folder / name.name) if name.is_ours else is_running(name.pid)",
        "is_running(name.pid)",
        (f"{FOLDER}test_the_living_are_told_by_their_lock_even_if_a_pid_comes_back",),
    ),
    Mutation(
        "`preload_app`, uWSGI's master",
        "a fork goes on in its parent's files",
        "instrument/storage/file_store.py",
        "return self._pid != os.getpid()",
        "return False",
        (
            f"{FOLDER}test_a_fork_begins_at_zero_in_files_of_its_own",
            "tests/unit/instrument/storage/test_file_store.py::test_a_forks_first_request_makes_values_of_its_own[fork_in_c]",
            "tests/library/test_uwsgi.py::test_every_request_is_counted_once_whichever_worker_answers[master]",
        ),
    ),
    Mutation(
        "a request dies with its worker",
        "the dead's requests stay in progress",
        "instrument/multiprocess/liveness.py",
        '"gauge_livesum", ',
        "",
        (f"{REAL}test_a_request_that_dies_with_its_worker_is_no_longer_in_progress[sync]",),
    ),
    Mutation(
        "process collectors in every worker model",
        "no worker's process is shown",
        "instrument/multiprocess/shared_registry.py",
        "        yield from write_processes(sorted(scrape.pids), format_, common.families - hidden)\n",
        "",
        (f"{REAL}test_a_scrape_tells_of_the_library_of_python_and_of_each_living_process[sync]",),
    ),
    Mutation(
        "GC collectors in every worker model",
        "collections are not counted",
        "instrument/storage/gc_metrics.py",
        "        gc.callbacks.append(GcMetrics(counting).note)\n",
        "        GcMetrics(counting)\n",
        ("tests/unit/instrument/storage/test_gc_metrics.py::test_each_workers_collections_are_on_the_page",),
    ),
    Mutation(
        "exemplars with several workers",
        "the folder's page shows none",
        "instrument/multiprocess/shared_registry.py",
        "exemplars if format_.is_open else {}",
        "{}",
        (f"{REAL}test_openmetrics_shows_the_trace_of_a_request_that_the_scraped_worker_answered[sync]",),
    ),
    Mutation(
        "`max_series` over generations of workers",
        "the totals of the dead have no limit",
        "instrument/multiprocess/compaction.py",
        "    if limits:\n",
        "    if False:\n",
        (
            "tests/unit/instrument/multiprocess/test_compaction.py::TestLimits::test_generation_after_generation_stays_within_the_limit",
        ),
    ),
    Mutation(
        "`registry=` with several workers",
        "all registries share one folder",
        "instrument/storage/multiprocess_folder.py",
        "    if registry is REGISTRY or registry in _names:\n",
        "    if True:\n",
        (
            "tests/unit/instrument/test_registration.py::TestRegistriesThatShareAFolder::test_each_page_shows_its_own_requests_of_all_workers",
        ),
    ),
    Mutation(
        "a lost or full folder breaks no application",
        "a request that cannot be counted is not answered",
        "instrument/storage/file_store.py",
        "            except OSError as error:\n                self._failure = error\n",
        "            except BlockingIOError as error:\n                self._failure = error\n",
        (
            "tests/unit/instrument/storage/test_file_store.py::TestALostFolder::test_a_worker_that_finds_none_still_answers",
        ),
    ),
    Mutation(
        "others are never held up by a scrape of all workers",
        "the folder is read and compacted in one go",
        "instrument/multiprocess/folder.py",
        "self.pause = pause or Pace()",
        "self.pause = lambda: None",
        ("tests/library/test_turns.py::test_reading_and_compacting_gives_others_their_turn_with_every_file",),
    ),
    Mutation(
        "one documented line or none",
        "workers that share nothing are not warned of",
        "instrument/storage/multiprocess_folder.py",
        "count_workers(sys.argv, os.environ) > 1",
        "count_workers(sys.argv, os.environ) > 99",
        (
            f"{FOLDER}test_workers_that_share_nothing_are_warned_of",
            "tests/library/test_ways_to_start.py::test_without_a_folder_it_says_that_workers_share_nothing",
        ),
    ),
    Mutation(
        "errors: an unwritable folder",
        "the operating system's error comes through",
        "instrument/storage/multiprocess_folder.py",
        "    except OSError as error:\n        raise _unwritable(folder, error) from error\n",
        "    except ZeroDivisionError as error:\n        raise _unwritable(folder, error) from error\n",
        (f"{FOLDER}test_a_folder_that_cannot_be_written_is_an_error",),
    ),
)
