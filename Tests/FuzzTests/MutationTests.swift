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

    /// Changes of the seed 0 that have been tried, in thousands.
    private static let tried: [String: Int] = [:]

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

/// Changes inputs as libFuzzer does: bits, bytes, numbers, pieces that are taken out, doubled or taken from another input.
private struct Mutator {
  private let inputs: [[UInt8]]
  private var state: UInt64

  init(_ inputs: [[UInt8]], seed: UInt64) {
    self.inputs = inputs
    state = seed
  }

  /// SplitMix64 (Steele, Lea, Flood 2014).
  private mutating func random() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  private mutating func below(_ count: Int) -> Int { Int(random() % UInt64(count)) }

  /// An input with one to eight changes.
  mutating func next() -> [UInt8] {
    var bytes = inputs[below(inputs.count)]
    for _ in 0...below(8) { change(&bytes) }
    return bytes
  }

  private mutating func change(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty else { return bytes.append(UInt8(below(256))) }
    let at = below(bytes.count)
    let length = 1 + below(min(bytes.count - at, 1 << below(10)))
    switch below(8) {
    case 0: bytes[at] ^= 1 << UInt8(below(8))
    case 1: bytes[at] = UInt8(below(256))
    case 2: number(&bytes, at)
    case 3: bytes.removeSubrange(at..<at + length)
    case 4: bytes.insert(contentsOf: bytes[at..<at + length], at: below(bytes.count))
    case 5:
      let other = inputs[below(inputs.count)]
      guard !other.isEmpty else { return }
      let start = below(other.count)
      bytes.insert(contentsOf: other[start..<start + 1 + below(other.count - start)], at: at)
    case 6: for place in at..<at + length { bytes[place] = UInt8(below(256)) }
    default: bytes.removeSubrange(at...)
    }
  }

  /// A number of one to eight bytes at a limit, in either order.
  private mutating func number(_ bytes: inout [UInt8], _ at: Int) {
    let limits: [UInt64] = [
      0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, .max, .max >> 1,
    ]
    let (value, count, isBig) = (limits[below(limits.count)], 1 << below(4), below(2) == 0)
    for place in 0..<min(count, bytes.count - at) {
      bytes[at + place] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(isBig ? count - 1 - place : place)))
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
