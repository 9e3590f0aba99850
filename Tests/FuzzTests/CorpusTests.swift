import Foundation
import FuzzTargets
import TestSupport
import Testing

/// What is called with the fuzzer's inputs, one after another: targets that want a file have one each.
@Suite("Fuzzing", .serialized) struct FuzzTests {}

extension FuzzTests {
  /// The inputs that the fuzzer found worth keeping, once more, through the functions that it called.
  @Suite("Kept inputs") struct CorpusTests {
    private static func files(_ target: String) throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: Repository.path("Fuzz/Corpus/\(target)")).sorted()
    }

    @Test("break no promise", arguments: FuzzTarget.all.map(\.name))
    func replay(name: String) throws {
      let target = try #require(FuzzTarget.named(name))
      let files = try Self.files(name)
      #expect(!files.isEmpty, "Fuzz/Corpus/\(name) keeps nothing")
      for file in files {
        let bytes = try Repository.bytes("Fuzz/Corpus/\(name)/\(file)")
        #expect(throws: Never.self, "\(name)/\(file)") { try bytes.withUnsafeBytes { try target.check($0) } }
      }
    }

    @Test("are of targets that there are") func folders() throws {
      let folders = try FileManager.default.contentsOfDirectory(atPath: Repository.path("Fuzz/Corpus"))
        .sorted()
      #expect(folders == FuzzTarget.all.map(\.name).sorted())
    }
  }
}
