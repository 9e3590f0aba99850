import Foundation
import TestSupport
import TesseraCore
import TesseraTracking
import TesseraVLM
import Testing

/// `samples/vlm/finetune-llava.yaml`, as it is but for its length.
@Suite("the sample recipe of LoRA", .serialized)
struct FinetuneSampleTests {
  private func run(_ folder: TemporaryFolder) throws -> Command.Result {
    try Shell.run(
      #"""
      cd "$1" && exec "$2" run samples/vlm/finetune-llava.yaml -o "$3" --threads 1 \
        --set stages[0].epochs=2 --set stages[0].log_every=1
      """#, [Repository.path("."), try Command.path(of: "tessera-vlm"), "\(folder.path)/out"])
  }

  @Test("its loss goes down, its adapter changes, and every frozen tensor keeps its bytes")
  func sample() throws {
    let folder = try TemporaryFolder()
    let base = Repository.path("samples/vlm/shapes/model")
    let before = try TemporaryFolder.contents(base)
    let done = try run(folder)
    #expect(done.status == 0, "\(done.errors)")
    #expect(try TemporaryFolder.contents(base) == before)
    let losses = try RunLog.entries(of: "\(folder.path)/out/lora/log.jsonl")
      .filter { $0.kind == .train }.compactMap { $0["loss"]?.number }
    #expect(losses.count > 8 && losses.suffix(3).max() ?? .infinity < losses[0] * 0.8, "\(losses)")

    let checkpoint = try Checkpoint(base)
    let model = try LlavaModel(checkpoint, type: .float32)
    let adapter = try LoRAAdapter("\(folder.path)/out/lora/adapter", for: model)
    // B begins at 0: a layer that learned nothing would have it still.
    for layer in adapter.layers { #expect(layer.b.abs().sum().item > 0, "\(layer.name)") }
    for (spec, tensor) in adapter.saved {
      #expect(tensor.isEqual(to: try #require(model.parameters[spec.name])) == false, "\(spec.name)")
    }
    let changed = Set(adapter.layers.map { "\($0.name).weight" } + adapter.saved.map(\.spec.name))
    try expectFrozen(checkpoint, try Checkpoint("\(folder.path)/out/lora/model"), changed)
  }

  /// What was not adapted has its bytes in the merged model; what was has others.
  private func expectFrozen(_ base: Checkpoint, _ merged: Checkpoint, _ changed: Set<String>) throws {
    var kept = 0
    for (spec, weight) in base.parameters.map({ ($0.spec, $0.weight) }) {
      let other = try #require(merged.parameters.first { $0.spec.name == spec.name }).weight
      let isSame = try weight.withBytes { a in try other.withBytes { b in a.elementsEqual(b) } }
      #expect(isSame == !changed.contains(spec.name), "\(spec.name)")
      kept += isSame ? 1 : 0
    }
    #expect(kept > 60 && changed.count == 3 * 7 + 4, "\(kept), \(changed.count)")
  }
}
