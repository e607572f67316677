# SPDX-License-Identifier: BSD-2-Clause
# The front door. Everything is done by the tool: ./lucid --help

.PHONY: help run test clean python

help:
	@echo "make run     install what is missing, build the system 'demo', and run it in QEMU (Ctrl-A X leaves)"
	@echo "make test    install what is missing, and run all tests"
	@echo "make clean   remove everything that was built"
	@echo
	@echo "The tool behind it does more: ./lucid --help"

run: python
	@./lucid doctor --install --for run --quiet
	@./lucid run demo

test: python
	@./lucid doctor --install --for test --quiet
	@./lucid test

clean:
	@rm -rf build compile_commands.json

python:
	@/usr/bin/python3 -c 'import ctypes, tomllib' 2>/dev/null || tool/get-python $(or $(filter test,$(MAKECMDGOALS)),run)
