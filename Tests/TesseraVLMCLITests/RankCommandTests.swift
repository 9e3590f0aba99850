import Foundation
import TestSupport
import TesseraTracking
import Testing

/// Processes that train together, as a launcher starts them.
@Suite("tessera-vlm on several ranks", .serialized)
struct RankCommandTests {
  private static let recipe = """
    name: ranks
    seed: 3
    prepare: [{make: shapes, folder: data, train: 40, validation: 7, heldout: 2, descriptions: true}]
    model:
      new:
        vision: {hidden_size: 16, layers: 1, heads: 2, intermediate_size: 32, image_size: 48, patch_size: 16}
        decoder: {hidden_size: 16, layers: 2, heads: 2, intermediate_size: 32, positions: 128}
        vocabulary: 300
    ask: [{path: data/validation/captions.jsonl, samples: 3, max_answer: 6}]
    stages:
      - stage: sft
        name: answers
        steps: 8
        batch: {samples: 7, micro_samples: 3}
        data: [data/train/captions.jsonl, data/train/questions.jsonl]
        validation: [data/validation/captions.jsonl]
        evaluate: [{path: data/validation/captions.jsonl, max_answer: 6, batch: 3}]
        train: {vision: true, decoder: true}
        optimizer: {learning_rate: 1e-3}
        validate_every: 4
        checkpoint_every: 3
        log_every: 1
      - stage: reward
        name: reward
        steps: 6
        batch: {tokens: 200}
        make:
          - {path: pairs/train.jsonl, from: {path: data/train/captions.jsonl}, attributes: shapes, corruptions: 2}
          - {path: pairs/test.jsonl, from: {path: data/validation/captions.jsonl}, attributes: shapes}
        data: [pairs/train.jsonl]
        validation: [pairs/test.jsonl]
        evaluate: [pairs/test.jsonl]
        train: {vision: true, decoder: true}
        optimizer: {learning_rate: 1e-3}
        reward: {normalise: 16, policy: {questions: {path: data/validation/captions.jsonl}, draws: 2, max_answer: 6}}
        log_every: 1
      - stage: rl
        name: rl
        steps: 4
        data: [data/train/captions.jsonl]
        evaluate: [{path: data/validation/captions.jsonl, max_answer: 6}]
        optimizer: {learning_rate: 1e-4}
        rl:
          algorithm: ppo
          rewards: [{kind: learned, directory: reward}]
          rollouts: {prompts: 4, samples: 3, max_answer: 6, batch: 5}
          minibatches: 2
          language: {data: [data/train/captions.jsonl], weight: 0.5}
          look: {every: 1, prompts: 5}
        log_every: 1

    """

  /// The variables of a launcher, and a rank's command in the background.
  private static let start = """
    size=$1 port=$2; shift 2
    export WORLD_SIZE=$size LOCAL_WORLD_SIZE=$size MASTER_ADDR=127.0.0.1 MASTER_PORT=$port TORCHELASTIC_RUN_ID=test
    export OMP_NUM_THREADS=1
    pids=()
    for rank in $(seq 0 $((size - 1))); do RANK=$rank "$@" & pids+=($!); done

    """
  private static let finish = """
    status=0; for pid in "${pids[@]}"; do wait $pid || status=$?; done; exit $status
    """

  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write(Self.recipe, "recipe.yaml")
    return folder
  }

  private func run(
    _ folder: TemporaryFolder, _ output: String, ranks: Int, _ more: [String] = [], while script: String = ""
  ) throws -> Command.Result {
    let arguments = ["run", "\(folder.path)/recipe.yaml", "-o", "\(folder.path)/\(output)"] + more
    guard ranks > 1 else { return try Command.run(arguments + ["--threads", "1"], tool: "tessera-vlm") }
    return try Shell.run(
      Self.start + script + Self.finish,
      ["\(ranks)", "\(try Port.free())", try Command.path(of: "tessera-vlm")] + arguments)
  }

  private func entries(_ folder: TemporaryFolder, _ output: String, _ stage: String) throws -> [LogEntry] {
    try RunLog.entries(of: "\(folder.path)/\(output)/\(stage)/log.jsonl")
  }

  private func numbers(_ entries: [LogEntry], _ kind: LogEntry.Kind, _ field: String) -> [Double] {
    entries.filter { $0.kind == kind }.compactMap { $0[field]?.number }
  }

  @Test("all stages of a schooling on 2 and on 3 ranks: what one process has, and one report")
  func schooling() throws {
    let folder = try folder()
    let alone = try run(folder, "one", ranks: 1)
    #expect(alone.status == 0, "\(alone.errors)")
    for ranks in [2, 3] {
      let output = "of\(ranks)"
      let result = try run(folder, output, ranks: ranks)
      #expect(result.status == 0, "\(result.errors)")
      // One speaks for all.
      #expect(result.errors.components(separatedBy: "done in").count == 2, "\(result.errors)")
      #expect(FileManager.default.fileExists(atPath: "\(folder.path)/\(output)/report.html"))
      for stage in ["answers", "reward", "rl"] {
        let (one, many) = (try entries(folder, "one", stage), try entries(folder, output, stage))
        #expect(one.map(\.kind) == many.map(\.kind), "\(stage)")
        #expect(one.map(\.step) == many.map(\.step), "\(stage)")
        // The same samples and answers, counted; a prompt whose answers two ranks have is read by both.
        for field in ["learned_tokens", "failures"] + (stage == "rl" ? [] : ["tokens", "images"]) {
          #expect(numbers(one, .train, field) == numbers(many, .train, field), "\(stage): \(field)")
        }
        for (kind, field, slack) in [
          (.train, LogField.loss, 1e-5), (.train, LogField.gradientNorm, 1e-4), (.validation, "loss", 1e-5),
          (.rollout, "reward", 1e-3), (.rollout, "kl", 1e-2), (.look, "reward", 1e-3),
          (.look, "length", 1e-9),
        ] as [(LogEntry.Kind, String, Double)] {
          let (a, b) = (numbers(one, kind, field), numbers(many, kind, field))
          #expect(a.count == b.count)
          for (a, b) in zip(a, b) {
            #expect(abs(a - b) <= slack * max(abs(a), 1), "\(stage), \(kind) \(field): \(b), alone \(a)")
          }
        }
      }
    }
  }

  @Test("a rank that is killed ends the others with its name, and another number of ranks goes on")
  func killed() throws {
    let folder = try folder()
    let more = ["--set", "stages[0].steps=400", "--set", "stages[0].checkpoint_every=20"]
    let script = """
      for i in $(seq 1 6000); do
        test -e "\(folder.path)/out/answers/checkpoints/step-0000020/state.json" && break
        sleep 0.01
      done
      kill -9 ${pids[1]}; SECONDS=0

      """
    // Rank 1's status is the signal's; rank 0's is what it says itself.
    let finish = """
      wait ${pids[0]}; echo "rank 0: $?, after $SECONDS s"; wait ${pids[2]}; echo "rank 2: $?"; exit 0

      """
    let result = try run(folder, "out", ranks: 3, more, while: script + finish)
    #expect(result.output.contains("rank 0: 1, after"), "\(result.output) \(result.errors)")
    #expect(result.output.contains("rank 2: 1"), "\(result.output)")
    for rank in [0, 2] {
      #expect(result.errors.contains("tessera-vlm: rank \(rank):"), "\(result.errors)")
    }
    #expect(
      result.errors.contains("rank 1 (") && result.errors.contains("stopped answering"), "\(result.errors)")
    let seconds = result.output.split(separator: " ").compactMap { Int($0) }.last ?? 99
    #expect(seconds < 30, "\(result.output)")
    // With the optimiser's state in shards, which the checkpoint was not made with.
    let shards = ["--set", "stages[0].shard_optimizer=true"]
    let again = try run(folder, "out", ranks: 2, more + shards + ["--max-steps", "3"])
    #expect(again.status == 0 && again.errors.contains("goes on after step"), "\(again.errors)")
    #expect(again.errors.contains("ranks: 3 then, 2 now"), "\(again.errors)")
    #expect(again.errors.contains("1/2 of its moments"), "\(again.errors)")
    let alone = try run(folder, "out", ranks: 1, more + ["--max-steps", "1"])
    #expect(alone.status == 0 && alone.errors.contains("ranks: 2 then, 1 now"), "\(alone.errors)")
    let steps = try entries(folder, "out", "answers").filter { $0.kind == .train }.map(\.step)
    #expect(steps == Array(1...steps.count), "\(steps)")
  }

  @Test(
    "a rank that dies before all have come ends the others with its name; who is missing is told meanwhile")
  func meeting() throws {
    let folder = try folder()
    // Rank 1 is not started: the others wait for it, and rank 2 dies.
    let start = Self.start.replacing("RANK=$rank", with: "test $rank = 1 || RANK=$rank exec")
    let script = """
      for i in $(seq 1 6000); do
        grep -q "still waiting for rank 1 (" "\(folder.path)/said" && break
        sleep 0.01
      done
      kill -9 ${pids[2]}; SECONDS=0
      wait ${pids[0]}; echo "rank 0: $?, after $SECONDS s"; exit 0

      """
    let arguments = ["run", "\(folder.path)/recipe.yaml", "-o", "\(folder.path)/out"]
    let result = try Shell.run(
      "exec 2> \"\(folder.path)/said\"\n" + start + script,
      ["3", "\(try Port.free())", try Command.path(of: "tessera-vlm")] + arguments)
    let said = try String(contentsOfFile: "\(folder.path)/said", encoding: .utf8)
    #expect(result.output.contains("rank 0: 1, after"), "\(result.output) \(said)")
    #expect(said.contains(/rank 2 \(.*: joining\) stopped answering/), "\(said)")
    let seconds = result.output.split(separator: " ").compactMap { Int($0) }.last ?? 99
    #expect(seconds < 60, "\(result.output)")
  }

  /// torchrun itself, of a Python that has torch.
  private static let hasTorchrun: Bool = {
    // Whatever hinders it, the test that needs it is passed over.
    return (try? Shell.run("torchrun --help").status) == 0
  }()

  @Test(
    "torchrun --max-restarts begins again after a rank was killed, and the run goes on to its end",
    .enabled(if: hasTorchrun, "TORCHRUN IS NOT INSTALLED: tools/install-deps oracles"))
  func torchrun() throws {
    let folder = try folder()
    let script = """
      export OMP_NUM_THREADS=1
      port=$1; shift
      # Debian's torch 1.13 on Python 3.11 fails at its own default of these two, 0.
      torchrun --redirects 1 --tee 1 --nproc_per_node 2 --master_port $port --max_restarts 2 \\
        --monitor_interval 0.2 --no_python "$@" &
      agent=$!
      for i in $(seq 1 6000); do
        test -e "\(folder.path)/out/answers/checkpoints/step-0000020/state.json" && break
        sleep 0.01
      done
      read -r first second < /proc/$agent/task/$agent/children
      kill -9 $second
      wait $agent; echo "agent: $?"
      """
    let arguments = [
      try Command.path(of: "tessera-vlm"), "run", "\(folder.path)/recipe.yaml", "-o", "\(folder.path)/out",
      "--set", "stages[0].steps=300", "--set", "stages[0].checkpoint_every=20", "--set",
      "stages[0].evaluate=[]",
      "--set", "stages[1].steps=1", "--set", "stages[2].steps=1",
    ]
    let result = try Shell.run(script, ["\(try Port.free())"] + arguments)
    #expect(result.output.contains("agent: 0"), "\(result.output) \(result.errors)")
    #expect(
      result.errors.contains("rank 1 (") && result.errors.contains("stopped answering"), "\(result.errors)")
    let step = try #require(result.errors.firstMatch(of: /goes on after step ([0-9]+)/).flatMap { Int($0.1) })
    #expect(step >= 20 && step < 300)
    let steps = try entries(folder, "out", "answers").filter { $0.kind == .train }.map(\.step)
    #expect(steps == Array(1...300), "\(steps)")
    #expect(FileManager.default.fileExists(atPath: "\(folder.path)/out/report.html"))
  }

  @Test("a signal to one rank ends all after the step at hand, with its status")
  func signalled() throws {
    let folder = try folder()
    let script = """
      for i in $(seq 1 6000); do
        grep -q '"step":2,' "\(folder.path)/out/answers/log.jsonl" 2>/dev/null && break
        sleep 0.01
      done
      kill -TERM ${pids[1]}
      wait ${pids[0]}; echo "rank 0: $?"; wait ${pids[1]}; echo "rank 1: $?"; exit 0

      """
    let result = try run(folder, "out", ranks: 2, ["--set", "stages[0].steps=4000"], while: script)
    #expect(
      result.output.contains("rank 0: 143") && result.output.contains("rank 1: 143"), "\(result.output)")
    #expect(result.errors.contains("give the same command again"), "\(result.errors)")
  }

  /// Whether this process may make network namespaces.
  private static let makesHosts: Bool = {
    let script = "ip netns add tessera-try-$$ && ip netns del tessera-try-$$"
    // Whatever hinders it, the test that needs it is passed over.
    return (try? Shell.run(script).status) == 0
  }()

  @Test(
    "two hosts, made as network namespaces, train as one process does",
    .enabled(if: makesHosts, "ip netns is not to be had here"))
  func hosts() throws {
    let folder = try folder()
    let script = """
      set -e
      a=tessera-a-$$ b=tessera-b-$$
      trap 'ip netns del $a; ip netns del $b' EXIT
      ip netns add $a; ip netns add $b
      ip link add tess0 netns $a type veth peer name tess0 netns $b
      up() { ip -n $1 addr add $2/24 dev tess0; ip -n $1 link set tess0 up; ip -n $1 link set lo up; }
      up $a 10.201.7.1; up $b 10.201.7.2
      export WORLD_SIZE=2 LOCAL_WORLD_SIZE=1 MASTER_ADDR=10.201.7.1 MASTER_PORT=29511 TORCHELASTIC_RUN_ID=test
      export GLOO_SOCKET_IFNAME=tess0 OMP_NUM_THREADS=1
      RANK=1 nsenter --net=/run/netns/$b "$@" &
      other=$!
      RANK=0 nsenter --net=/run/netns/$a "$@"
      wait $other
      """
    let arguments = ["run", "\(folder.path)/recipe.yaml", "--max-steps", "6", "-o"]
    let tool = try Command.path(of: "tessera-vlm")
    let result = try Shell.run(script, [tool] + arguments + ["\(folder.path)/hosts"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("waiting for 2 ranks at 10.201.7.1:29511"), "\(result.errors)")
    let alone = try Command.run(
      arguments + ["\(folder.path)/one", "--threads", "1"], tool: "tessera-vlm")
    #expect(alone.status == 0)
    let (many, one) = (try entries(folder, "hosts", "answers"), try entries(folder, "one", "answers"))
    let losses = (numbers(many, .train, LogField.loss), numbers(one, .train, LogField.loss))
    #expect(losses.0.count == 6 && losses.1.count == 6)
    for (a, b) in zip(losses.0, losses.1) { #expect(abs(a - b) <= 1e-5 * abs(b), "\(a), alone \(b)") }
  }

  @Test("mpirun's variables make a group, and what cannot be is said by every rank")
  func mpirun() throws {
    let folder = try folder()
    var environment = Shell.mpi
    environment["MASTER_PORT"] = "\(try Port.free())"
    environment["OMP_NUM_THREADS"] = "1"
    let arguments = [
      try Command.path(of: "tessera-vlm"), "run", "\(folder.path)/recipe.yaml", "-o", "\(folder.path)/mpi",
      "--max-steps", "2",
    ]
    let result = try Shell.run(#"mpirun -n 2 "$@""#, arguments, environment: environment)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("waiting for 2 ranks at 127.0.0.1"), "\(result.errors)")
    #expect(try entries(folder, "mpi", "answers").filter { $0.kind == .train }.map(\.step) == [1, 2])
    environment["MASTER_PORT"] = "\(try Port.free())"
    let bad = try Shell.run(
      #"mpirun -n 2 "$@""#, arguments + ["--set", "stages[0].data=[nothing.jsonl]"], environment: environment)
    #expect(bad.status != 0 && bad.errors.contains("nothing.jsonl"), "\(bad.errors)")
  }
}
