# Everything a newcomer types. Each target sets up what it needs; nothing has to be installed by hand first.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

export UV_PYTHON_DOWNLOADS := never
export UV_COMPILE_BYTECODE := 1
# An exported PYTHONDONTWRITEBYTECODE would make every command compile all of SQLModel again: 2 s instead of 0.8 s.
unexport PYTHONDONTWRITEBYTECODE
# A virtual environment that happens to be active isn't the one this Makefile makes.
unexport VIRTUAL_ENV

python := .venv/bin/python

.PHONY: help run test test-postgres test-served fortnight moving check bench journeys thunderbird demo chaos drills soak hostile fuzz looks setup setup-dev servers

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-13s %s\n", $$1, $$2}' Makefile

run: setup ## set up, then serve in the foreground with ./config.toml until Ctrl-C
	@exec .venv/bin/mailgate serve

demo: setup ## a guided tour on loopback: a customer writes, the desk answers, an agent closes by mail
	@exec .venv/bin/mailgate demo

# Desks of tests live in memory where there is plenty of it: each of their commits waits for the disk, and no test is about the disk below.
scratch = $(shell [ "$$(df --output=avail /dev/shm 2>/dev/null | tail -1)" -gt 6000000 ] 2>/dev/null && echo /dev/shm || echo "$${TMPDIR:-/tmp}")

test: setup-dev servers ## all tests but the long fault drills; installs the servers they talk to
	@TMPDIR=$(scratch) $(python) -m pytest -n $$(($$(nproc) + 1)) --dist loadfile --no-loadscope-reorder -m "not chaos and not looks and not thunderbird" tests  # one more than cores: many tests wait for servers

looks: setup-dev servers ## every text in every language, screen and colour scheme: compared with what was approved, sheets in var/looks
	@$(python) -m tests.looks.shoot var/looks
	@$(python) -m pytest tests/looks

test-postgres: setup-dev servers ## every story of tests/desk on PostgreSQL; `make test` tells a part of them there
	@TMPDIR=$(scratch) $(python) -m pytest -n 2 --dist loadfile --engine postgresql tests/desk

test-served: setup-dev servers ## every story of tests/desk told to a daemon by its doors
	@TMPDIR=$(scratch) $(python) -m pytest -n 2 --dist loadfile --served --engine sqlite tests/desk

fortnight: setup-dev servers ## two simulated weeks of a desk with 500 mails; `make test` has them with 110
	@FORTNIGHT_MAILS=500 $(python) -m pytest tests/desk/test_fortnight.py

moving: setup-dev ## 5,000 tickets exported, wiped and imported; 20 backups of a desk at work; `make test` does both small
	@MOVED_TICKETS=5000 BACKUPS=20 $(python) -m pytest tests/cli/test_moving.py

check: setup-dev ## format, lint and types
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy mailgate store rules templates cli.py

journeys: setup-dev servers ## the real daemon with real servers and mail clients beside it
	@$(python) -m pytest -m "not thunderbird" tests/journeys

thunderbird: setup-dev servers ## the real Thunderbird, without a screen, as a customer's and an agent's mail program; installs it
	@packaging/test-servers.sh thunderbird
	@$(python) -m pytest tests/journeys/test_thunderbird.py

# Seconds for the targets that go on for as long as they are told, and the number that all of their dice follow from.
TIME ?= 300
SEED ?= 1

chaos: setup-dev servers ## kills, power losses, failing disks for TIME=300 seconds, going on where the last run stopped
	@$(python) -m tests.chaos.rounds --seconds $(TIME) --seed $(SEED)

drills: setup-dev servers ## the long fault drills, each to its end: hours
	@$(python) -m pytest -m chaos tests/chaos tests/faults tests/soak

soak: setup-dev ## a busy desk for TIME=300 seconds: does it grow, slow down, leave anything behind?
	@$(python) -m tests.soak.soaking --seconds $(TIME) --seed $(SEED)

hostile: setup-dev servers ## what strangers try: forged, broken and endless mail
	@$(python) -m pytest tests/hostile tests/fuzz

fuzz: setup-dev ## fuzzing for TIME=300 seconds, going on where the last run stopped
	@packaging/setup.sh fuzz
	@$(python) -W error -m tests.fuzz.run --seconds $$(($(TIME) / 2)) --seed $(SEED)
	@$(python) -m tests.fuzz.guided --seconds $$(($(TIME) - $(TIME) / 2)) --seed $(SEED)

bench: setup-dev ## figures: starting, accepting, handling, memory
	@$(python) bench/startup.py
	@$(python) bench/acceptance.py
	@$(python) bench/handling.py
	@$(python) bench/memory.py

setup:
	@packaging/setup.sh

setup-dev:
	@packaging/setup.sh dev

servers:
	@packaging/test-servers.sh
