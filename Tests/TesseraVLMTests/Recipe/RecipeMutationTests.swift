import Foundation
import TestSupport
import Tessera
import TesseraVLM
import Testing

/// Recipes come from others too: changes of the samples, as `MutationTests` makes them of the readers' inputs.
@Suite("Changed recipes") struct RecipeMutationTests {
  @Test("are refused by a typed error, or read, written and read again the same")
  func change() throws {
    let folder = Repository.path("samples/vlm")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
    let inputs = try names.sorted().map { try Repository.bytes("samples/vlm/\($0)") }
    #expect(inputs.count > 3)
    var mutator = Mutator(inputs, seed: 1)
    let end = ContinuousClock.now + .seconds(60)
    var (runs, read) = (0, 0)
    while runs < 3000, ContinuousClock.now < end {
      let text = String(decoding: mutator.next(), as: UTF8.self)
      runs += 1
      let once: String
      do { once = try TesseraVLM.Recipe(yaml: text, file: "a recipe").yaml } catch is TesseraError {
        continue
      }
      read += 1
      let again = try TesseraVLM.Recipe(yaml: once, file: "written").yaml
      #expect(again == once, "run \(runs)")
    }
    // Many changes fall into comments and words.
    #expect(read > 10 && read < runs, "\(read) of \(runs)")
  }
}
