"""Runs programs for `running.run`, with a line of JSON for each job: the commands come in, the measurements go out.

A separate program, since on Linux a process inherits the peak memory of the one that starts it: this one stays small.
posix_spawn keeps the overhead small and constant.
"""

import json
import os
import sys
import time


def main() -> None:
    for line in sys.stdin:
        job = json.loads(line)
        reader, pipe = os.pipe() if job["drained"] else (-1, -1)
        sink = os.posix_spawnp("cat", ["cat"], os.environ, file_actions=[
            (os.POSIX_SPAWN_DUP2, reader, 0), (os.POSIX_SPAWN_CLOSE, pipe),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]) if job["drained"] else 0
        start = time.perf_counter_ns()
        processes = [
            os.posix_spawnp(command[0], command, os.environ, file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, source, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, pipe, 1) if job["drained"] else
                (os.POSIX_SPAWN_OPEN, 1, job["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)])
            for command, source in zip(job["commands"], job["inputs"])]
        ends = [os.wait4(process, 0) for process in processes]
        wall = (time.perf_counter_ns() - start) / 1e6
        if job["drained"]:
            os.close(reader)
            os.close(pipe)
            os.waitpid(sink, 0)
        used = [each for _, _, each in ends]
        print(json.dumps({
            "statuses": [os.waitstatus_to_exitcode(status) for _, status, _ in ends],
            "usage": [
                wall, 1e3 * sum(each.ru_utime + each.ru_stime for each in used),
                max(each.ru_maxrss for each in used) / 1024, sum(each.ru_minflt + each.ru_majflt for each in used)],
        }), flush=True)


if __name__ == "__main__":
    main()
