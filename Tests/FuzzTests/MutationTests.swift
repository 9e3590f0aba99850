import Foundation
import FuzzTargets
import TestSupport
import Testing

extension FuzzTests {
  /// Changes of the kept inputs, for a few seconds a target: what the fuzzer does, without its sanitizers and its map of what was
  /// reached, so that it fits into every run of the tests. `TESSERA_FUZZ_SECONDS` (8) makes it longer, `TESSERA_FUZZ_SEED` (0)
  /// gives other changes; one seed's are the same every time, in the same order. Of the seed 0 no more are made than have been
  /// tried: what fails is then a change of the code. `TESSERA_FUZZ_SHARE` (`0/2`) takes every second target.
  @Suite("Changed inputs") struct MutationTests {
    private static func number<T: LosslessStringConvertible>(_ name: String, default value: T) -> T {
      ProcessInfo.processInfo.environment[name].flatMap { T($0) } ?? value
    }

    /// Changes of the seed 0 that have been tried, in thousands. A new kept input makes others of them: its target's number is
    /// to be found anew, without an entry here, by what `tools/mutate` prints.
    private static let tried = [
      "png": 818, "jpeg": 773, "webp": 583, "bmp": 2_848, "pnm": 1_078, "exif": 5_334, "tar": 75,
      "tarindex": 118, "npy": 2_162, "arrays": 118, "safetensors": 151, "tokenizer": 3_447,
      "template": 713, "json": 5_364, "conversations": 15, "lists": 16, "coco": 22, "pipeline": 571,
      "yaml": 363, "huggingface": 346, "plan": 312, "tensorboard": 18, "runlog": 16, "font": 7_243,
      "names": 4_723,
    ]

    /// The targets of this process's share.
    private static var names: [String] {
      let share = ProcessInfo.processInfo.environment["TESSERA_FUZZ_SHARE"] ?? "0/1"
      let numbers = share.split(separator: "/").compactMap { Int($0) }
      guard numbers.count == 2, numbers[1] > 0 else { return FuzzTarget.all.map(\.name) }
      return FuzzTarget.all.indices.filter { $0 % numbers[1] == numbers[0] }.map { FuzzTarget.all[$0].name }
    }

    @Test("break no promise", arguments: names)
    func mutate(name: String) throws {
      let target = try #require(FuzzTarget.named(name))
      let folder = Repository.path("Fuzz/Corpus/\(name)")
      let inputs = try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map {
        try Repository.bytes("Fuzz/Corpus/\(name)/\($0)")
      }
      let seconds = Self.number("TESSERA_FUZZ_SECONDS", default: 8.0)
      let seed: UInt64 = Self.number("TESSERA_FUZZ_SEED", default: 0)
      let most = (seed == 0 ? Self.tried[name] : nil).map { $0 * 1000 } ?? .max
      var mutator = Mutator(inputs, seed: seed)
      // A crash leaves the input there.
      let path = FileManager.default.temporaryDirectory.path + "/tessera-mutation-\(name)"
      let last = try LastInput(path)
      let end = ContinuousClock.now + .seconds(seconds)
      var runs = 0
      while runs < most, ContinuousClock.now < end {
        var bytes = mutator.next()
        if let mend = target.mend, runs % 8 != 0 { bytes.withUnsafeMutableBytes { mend($0) } }
        last.keep(bytes)
        do { try bytes.withUnsafeBytes { try target.check($0) } } catch {
          Issue.record("run \(runs): \(error); the input lies in \(path)")
          return
        }
        runs += 1
      }
      last.remove()
      print("tessera: \(name): \(runs) changed inputs")
      #expect(runs > 0)
    }
  }
}

/// The input at hand, in a file that is mapped: there even where the process ends in the middle of a run.
private final class LastInput {
  private let path: String
  private let size = 1 << 20
  private let memory: UnsafeMutableRawPointer
  private let file: Int32

  init(_ path: String) throws {
    self.path = path
    file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0, ftruncate(file, off_t(size)) == 0,
      let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), memory != MAP_FAILED
    else { throw POSIXError(POSIXError.Code(rawValue: errno) ?? .EIO) }
    self.memory = memory
  }

  /// The input behind its length, eight bytes.
  func keep(_ bytes: [UInt8]) {
    let count = min(bytes.count, size - 8)
    memory.storeBytes(of: UInt64(count), as: UInt64.self)
    bytes.withUnsafeBytes {
      (memory + 8).copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(memory), byteCount: count)
    }
  }

  func remove() { unlink(path) }

  deinit {
    munmap(memory, size)
    close(file)
  }
}
