import Foundation
import TestSupport
import Tessera
import Testing

@Suite("torch's orders")
struct TorchRandomSamplerTests {
  static let golden = Result { try Golden("samplers") }

  static func seed(_ text: String) throws -> UInt64 {
    if let seed = UInt64(text) { return seed }
    return UInt64(bitPattern: try #require(Int64(text)))
  }

  static func check(_ golden: Golden.Case) throws {
    let count = try golden.int("count")
    let order = TorchRandomSampler(count, seed: try seed(golden.string("seed"))).order(epoch: 0)
    let numbers = (0..<count).map { Int64(order[$0].index) }
    if golden.has("order") {
      #expect(numbers.map { Int($0) } == (try golden.ints("order")), "\(golden)")
    } else {
      #expect(numbers.prefix(8).map { Int($0) } == (try golden.ints("first")), "\(golden)")
      #expect(numbers.suffix(8).map { Int($0) } == (try golden.ints("last")), "\(golden)")
      var digest = Digest()
      numbers.withUnsafeBytes { digest.update($0) }
      #expect(digest.hex() == (try golden.string("sha256")), "\(golden)")
    }
  }

  @Test("are those of torch.randperm for every length and seed")
  func randperm() throws {
    let cases = try Self.golden.get().cases.filter {
      try $0.string("kind") == "randperm" && $0.int("count") < 100_000_000
    }
    #expect(cases.count > 100)
    for golden in cases { try Self.check(golden) }
  }

  /// 2.6 GB and half a minute: only when asked for.
  @Test(
    "are torch's on both sides of the length where it changes its way",
    .enabled(if: ProcessInfo.processInfo.environment["TESSERA_LARGE_TESTS"] != nil))
  func wide() throws {
    let cases = try Self.golden.get().cases.filter {
      try $0.string("kind") == "randperm" && $0.int("count") >= 100_000_000
    }
    #expect(Set(try cases.map { try $0.int("count") >= TorchPermutation.wideLimit }) == [false, true])
    for golden in cases { try Self.check(golden) }
  }

  @Test("draw what numpy's Mersenne Twister draws", arguments: [0, 1, 5489, 0xFFFF_FFFF, 1 << 33 + 5])
  func twister(seed: UInt64) async throws {
    let want = try await Oracle.pillow13.run(
      "out = np.random.RandomState(seed % 2**32).randint(0, 2**32, 2000, dtype=np.uint32).astype(float)",
      ["seed": .int(Int(seed))]
    ).doubles
    var twister = MersenneTwister(seed: seed)
    #expect((0..<2000).map { _ in Double(twister.next32()) } == want)
  }

  /// The way for long lists, modelled in Python on short ones (`wide` shows the model to be torch's).
  @Test("the way of long lists is an inside-out shuffle with 64-bit draws", arguments: [0, 1, 2, 50, 1000])
  func insideOut(count: Int) async throws {
    let want = try await Oracle.pillow13.run(
      """
      r = np.random.RandomState(11)
      draw = lambda: int(r.randint(0, 2**32, dtype=np.uint32))
      out = [0] * n
      for i in range(n):
          high = draw()
          other = (high << 32 | draw()) % (i + 1)
          out[i] = out[other]
          out[other] = i
      """, ["n": .int(count)]
    ).json([Int].self)
    let got = TorchPermutation.make(count: count, seed: 11, isWide: true, as: UInt32.self)
    #expect(got.map { Int($0) } == want)
    let wider = TorchPermutation.make(count: count, seed: 11, isWide: true, as: UInt64.self)
    #expect(wider.map { Int($0) } == want)
  }

  @Test("epochs are the next seeds, as in torch's DistributedSampler")
  func epochs() {
    let third = TorchRandomSampler(50, seed: 7).order(epoch: 3)
    let tenth = TorchRandomSampler(50, seed: 10).order(epoch: 0)
    let last = TorchRandomSampler(50, seed: -1).order(epoch: 11)
    #expect((0..<50).allSatisfy { third[$0] == tenth[$0] && last[$0] == tenth[$0] })
  }
}
