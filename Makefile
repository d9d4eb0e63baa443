# What users and outside checks call. Each target sets up what it needs first; a second run re-installs nothing.
.PHONY: setup demo test bench screens gui lint clean help
.DEFAULT_GOAL := help

help:
	@echo "make demo     the whole line on this machine: capture, verify, seal, upload, accepted"
	@echo "make test     all tests"
	@echo "make bench    speed and memory of every part, as ratios to the bare primitives"
	@echo "make lint     style, types and import contracts"
	@echo "make setup    only the set-up"
	@echo "make gui      the operator's window        (not part of this version yet)"
	@echo "make screens  pictures of every page       (not part of this version yet)"

setup:
	@build/setup.sh dev

demo:
	@build/setup.sh run
	@.venv/bin/sealdesk demo $(ARGS)

test: setup
	@.venv/bin/python -m pytest $(ARGS)

bench:
	@build/setup.sh gui
	@.venv/bin/python build/bench_seal.py $(ARGS)
	@.venv/bin/python build/bench_devices.py $(ARGS)
	@.venv/bin/python build/bench_subjects.py $(ARGS)
	@.venv/bin/python build/bench_form.py $(ARGS)
	@.venv/bin/python build/bench_store.py $(ARGS)
	@.venv/bin/python build/bench_backup.py $(ARGS)
	@.venv/bin/python build/bench_documents.py $(ARGS)
	@.venv/bin/python build/bench_imaging.py $(ARGS)
	@.venv/bin/python build/bench_matching.py $(ARGS)

gui:
	@build/setup.sh gui
	@.venv/bin/sealdesk gui

screens:
	@echo "make screens: there are no pages to picture in this version; the target is here so that its name stays."

lint: setup
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build/dist
