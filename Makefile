# Two commands for users: `make run` and `make test`. The rest is for those who change the code.

.PHONY: help run build dev test bench bench-client clean

help:
	@echo 'make run    build what changed and serve on http://127.0.0.1:3000'
	@echo 'make test   check and test everything, the browser included'
	@echo 'make build  leave target/release/switchboard and target/site'
	@echo 'make dev    serve, and build again at every change'
	@echo 'make bench  measure, and print the figures'
	@echo 'make bench-client  the same of the web client alone'

run: build
	@exec target/release/switchboard

build:
	@scripts/build.sh

dev:
	@scripts/dev.sh

test:
	@scripts/test.sh

bench:
	@scripts/bench.sh

bench-client:
	@scripts/bench.sh client

clean:
	cargo clean
