# make demo   installs what is missing, builds, examines and preprocesses the sample pictures, shows them on a sheet,
#             asks a small vision-language model about some, trains a smaller one for some seconds
# make test   installs what is missing and runs all tests, and some once more at every SIMD level below the machine's
# make oracle rewrites the golden copies from the large libraries (5 GB, once), then tests against them
# make bench  installs the loader's rivals (8 GB, once), makes the pictures, measures all in turn (25 minutes), writes
#             docs/benchmarks.md; make bench-data makes the pictures alone
# make schooling  the long runs of preference and reward (hours): samples/vlm/schooling.yaml, then PPO and
#             GRPO by rule and by reward model on three seeds, DPO, a reward model made weak; in schooling-out
# make torture  the long trials (hours): long commands killed at 100 random moments each and gone on with, file
#             operations that fail one by one, a million samples and ten thousand steps with memory, descriptors and
#             threads watched; TIMES, SAMPLES, STEPS make them shorter
# make microbench  measures parts of the library one by one (a minute): decoders, resizes, passes, plans, the loader
# make fuzz   gives the readers broken bytes, MINUTES=1 each (tools/fuzz; TARGETS='png tar' for some); builds for ten minutes
# make sanitize  the tests under ThreadSanitizer, then all under AddressSanitizer with its search for leaks (an hour or two;
#             KIND=thread or address for one, FILTER='Loader' for some tests)
# make lint   formatting and style
# make docs   the documentation as a website in docs-out (the model's in docs-out/vlm), warnings as errors
.PHONY: all build build-vlm demo test oracle bench bench-data schooling torture microbench docs fuzz sanitize lint format deps torch clean help
SWIFT_BUILD = swift build -c release
TESSERA = .build/release/tessera
VLM = .build/release/tessera-vlm
BENCHMARKS = Benchmarks/Sources Benchmarks/Benchmarks Benchmarks/Package.swift
FUZZ = Fuzz/Sources Fuzz/Package.swift
OUT = demo-out
# What must hold at every SIMD level: law 1, windows, determinism; and that the level was kept.
LEVEL_SUITES = SIMDLevelTests|LawOneTests|FastDecodeTests|ResampleStreamTests|WindowTests|PNGFastTests|DeterminismTests

all: build

help:
	@sed -n '/^# /s/^# //p; /^\.PHONY/q' Makefile

deps:
	@tools/install-deps build

torch: deps
	@tools/install-deps torch

build: deps
	@echo "tessera: building (release)"
	$(SWIFT_BUILD) --product tessera

build-vlm: torch
	@echo "tessera: building the model's command (release)"
	$(SWIFT_BUILD) --product tessera-vlm

demo: build build-vlm
	@rm -rf $(OUT)
	@echo "tessera: what the sample pictures are"
	$(TESSERA) stats samples/photos -o $(OUT)/stats.png
	@echo "tessera: sample pictures to ImageNet tensors, in safetensors shards"
	$(TESSERA) preprocess samples/photos $(OUT)/tensors --preset imagenet-eval --format safetensors --shard-size 16
	@echo "tessera: what a training pipeline does to them"
	$(TESSERA) preview samples/photos --pipeline samples/pipelines/imagenet-train.yaml -o $(OUT)/sheet.png --count 16 --variants 6
	@echo "tessera: batches of them, as a training loop would get them"
	$(TESSERA) bench samples/photos --preset imagenet-train --batch-size 16
	@echo "tessera: what a small model says of three pictures that it has never seen"
	@for picture in a b c; do \
	  echo "samples/vlm/shapes/$$picture.png"; \
	  $(VLM) generate samples/vlm/shapes/model --image samples/vlm/shapes/$$picture.png --prompt "What is this?" || exit 1; \
	done
	@echo "tessera: a short training on scenes that are made for it (some seconds)"
	$(VLM) run samples/vlm/shapes-demo.yaml -o $(OUT)/training
	@echo "tessera: done; look at $(OUT)/training/report.html, $(OUT)/stats.png, $(OUT)/sheet.png, $(OUT)/tensors/manifest.jsonl and $(OUT)/tensors/*.safetensors"

test: deps
	@tools/install-deps oracles
	@echo "tessera: a dependent package builds with the library alone"
	Tests/Dependent/check
	@echo "tessera: the data command builds and runs before libtorch is here"
	$(SWIFT_BUILD) --product tessera
	@! ldd $(TESSERA) | grep -E 'torch|openblas' || { echo "tessera: the data command links libtorch"; exit 1; }
	$(TESSERA) --version
	@tools/install-deps torch
	@echo "tessera: building and running the tests (release)"
	$(SWIFT_BUILD) --build-tests
	$(SWIFT_BUILD) --product tessera
	$(SWIFT_BUILD) --product tessera-vlm
	tools/run-tests
	@for level in $$($(TESSERA) --version | sed -n 's/^simd \(.*\) of \(.*\) \1 (.*/\2/p'); do \
	  echo "tessera: law 1, windows and determinism with TESSERA_SIMD=$$level"; \
	  TESSERA_SIMD=$$level tools/run-tests --filter '$(LEVEL_SUITES)' || exit 1; \
	done

torture: build build-vlm
	@echo "tessera: long commands, killed at random moments and gone on with"
	python3 Tests/Torture/killed.py $(TESSERA) $(VLM) --times $(or $(TIMES),100)
	@echo "tessera: hostile files, and what they cost"
	python3 Tests/Torture/hostile.py $(TESSERA)
	@echo "tessera: file operations that fail, one by one"
	python3 Tests/Torture/faults.py $(TESSERA) $(VLM)
	@echo "tessera: the loader and a training for very long"
	python3 Tests/Torture/soak.py $(TESSERA) $(VLM) --samples $(or $(SAMPLES),1000000) --steps $(or $(STEPS),10000)

oracle: torch
	@tools/install-deps oracles large
	@for script in Tests/Golden/*/make.py; do \
	  echo "tessera: asking the live libraries: $$script"; \
	  case $$script in */metrics/*) oracle=metrics ;; */emoji/*) oracle=fonttools ;; */reinforcement/*) oracle=trl ;; *) oracle=big ;; esac; \
	  .oracle/$$oracle/bin/python $$script || exit 1; \
	done
	.oracle/hf4/bin/python Tests/Golden/checkpoints/make.py
	.oracle/hf4/bin/python Tests/Golden/tokenizers/make.py
	.oracle/big/bin/python Tests/Golden/vlm/tables.py
	$(SWIFT_BUILD) --product tessera
	$(SWIFT_BUILD) --product tessera-vlm
	TESSERA_ORACLE=1 swift test -c release

bench-data:
	@tools/install-deps peer-pillow-13 pictures
	.oracle/pillow-13/bin/python Benchmarks/make_pictures.py

bench: deps bench-data
	@tools/install-deps peers
	swift build -c release --package-path Benchmarks --product LoaderPeer
	.oracle/pillow-13/bin/python Benchmarks/loader.py --page docs/benchmarks.md --plot docs/benchmarks.svg

schooling: build-vlm
	python3 Benchmarks/schooling.py $(VLM) schooling-out

# Inputs are made by the program. FILTER='resize.*' measures what begins so.
microbench: deps
	swift package -c release --package-path Benchmarks benchmark --target Micro --no-progress \
	  --filter '$(or $(FILTER),.*)'

docs: torch
	TESSERA_DOCS=1 swift package --scratch-path .build-docs --allow-writing-to-directory docs-out \
	  generate-documentation --target Tessera --warnings-as-errors --transform-for-static-hosting --output-path docs-out
	@# Warnings are errors here too, but for parameters that are left out where the others are told.
	TESSERA_DOCS=1 swift package --scratch-path .build-docs --allow-writing-to-directory docs-out \
	  generate-documentation --target TesseraVLM --transform-for-static-hosting --hosting-base-path vlm \
	  --output-path docs-out/vlm >.build-docs/vlm.log 2>&1 || { cat .build-docs/vlm.log; exit 1; }
	@! grep -A 3 '^warning: ' .build-docs/vlm.log | grep -v 'is missing documentation' | grep -A 3 '^warning: '

fuzz: deps
	tools/fuzz -m $(or $(MINUTES),1) $(TARGETS)

sanitize: deps
	@tools/install-deps oracles torch
	@status=0; for kind in $(or $(KIND),thread address); do \
	  tools/sanitize $(if $(FILTER),-f '$(FILTER)') $$kind || status=1; \
	done; exit $$status

lint:
	swift format lint --strict --recursive --configuration .swift-format Sources Tests Snippets $(BENCHMARKS) $(FUZZ) Package.swift

format:
	swift format --in-place --recursive --configuration .swift-format Sources Tests Snippets $(BENCHMARKS) $(FUZZ) Package.swift

clean:
	rm -rf .build $(OUT)
