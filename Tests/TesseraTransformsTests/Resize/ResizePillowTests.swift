import Tessera
import TestSupport
import TesseraCore
import TesseraTransforms
import Testing

/// Half random bytes, half black and white: noise finds wrong weights, extremes find wrong clipping.
private let pool: [UInt8] =
  Pictures.noise(Size(width: 1 << 15, height: 1), .gray, seed: 1).bytes
  + Pictures.noise(Size(width: 1 << 15, height: 1), .gray, seed: 2).bytes.map { $0 & 1 == 0 ? 0 : 255 }

@Suite("Resize is Pillow's")
struct ResizePillowTests {
  @Test(
    "8 bit: equal to the bit in 10,000 random trials of each generation", arguments: PillowGeneration.allCases
  )
  func random8(generation: PillowGeneration) async throws {
    try await compare(10_000, generation, [.gray, .grayAlpha, .rgb, .rgba], seed: 11) { ours, theirs in
      ours == theirs
    }
  }

  @Test(
    "16-bit gray: equal but for ties of libm's last bit, which are 1 of 65535 apart",
    arguments: PillowGeneration.allCases)
  func random16(generation: PillowGeneration) async throws {
    try await compare(1_500, generation, [.gray16], seed: 12) { ours, theirs in
      zip(words(ours), words(theirs)).allSatisfy { abs($0 - $1) <= 1 }
    }
  }

  private func words(_ bytes: ArraySlice<UInt8>) -> [Int] {
    stride(from: bytes.startIndex, to: bytes.endIndex, by: 2).map { Int(bytes[$0]) | Int(bytes[$0 + 1]) << 8 }
  }

  private func compare(
    _ count: Int, _ generation: PillowGeneration, _ formats: [PixelFormat], seed: UInt64,
    _ agree: (ArraySlice<UInt8>, ArraySlice<UInt8>) -> Bool
  ) async throws {
    var random = RandomStream(seed: seed, sample: UInt64(generation.rawValue.count))
    let trials = (0..<count).map { _ in
      ResizeTrial(&random, generation: generation, formats: formats, pool: pool.count)
    }
    let reply = try await Oracle.of(generation).run(
      ResizeTrial.python,
      ["pool": .bytes(pool), "trials": .json("[" + trials.map(\.json).joined(separator: ",") + "]")])
    var (at, wrong) = (0, 0)
    for trial in trials {
      let ours = try Resampler.resize(trial.image(pool), trial.request).bytes
      let theirs = reply.bytes[at..<at + ours.count]
      at += ours.count
      if !agree(ours[...], theirs) {
        wrong += 1
        if wrong <= 3 { Issue.record("\(generation.rawValue): \(trial) differs") }
      }
    }
    #expect(wrong == 0 && at == reply.bytes.count)
  }

  @Test(
    "a tall picture tells the generations apart, and each agrees with its own release",
    arguments: PillowGeneration.allCases)
  func tall(generation: PillowGeneration) async throws {
    let image = Pictures.noise(Size(width: 17, height: 229), .rgb, seed: 3)
    let request = Resampler.Request(
      size: Size(width: 259, height: 58), filter: .bicubic, generation: generation)
    let ours = try Resampler.resize(image, request)
    let reply = try await Oracle.of(generation).run(
      "out = image(a).resize((259, 58), Image.BICUBIC)", ["a": .image(image)])
    #expect(try ours == reply.image)
    var other = request
    other.generation = generation == .pillow13 ? .pillow11 : .pillow13
    #expect(try Resampler.resize(image, other) != ours)
  }

  @Test("a picture over 100 times as high as wide tells 12.3 from 11")
  func column() async throws {
    let image = Pictures.noise(Size(width: 3, height: 450), .rgba, seed: 4)
    for generation in PillowGeneration.allCases {
      let ours = try Resampler.resize(
        image, Resampler.Request(size: Size(width: 9, height: 33), filter: .lanczos, generation: generation))
      let reply = try await Oracle.of(generation).run(
        "out = image(a).resize((9, 33), Image.LANCZOS)", ["a": .image(image)])
      #expect(try ours == reply.image)
    }
  }

  @Test(
    "one pixel, one column and one row resize as Pillow's",
    arguments: [
      (Size(1), Size(width: 5, height: 7)), (Size(width: 1, height: 9), Size(width: 4, height: 3)),
      (Size(width: 9, height: 1), Size(1)), (Size(width: 640, height: 2), Size(width: 3, height: 2)),
    ])
  func edges(source: Size, target: Size) async throws {
    for filter in ResampleFilter.allCases {
      for format in PixelFormat.allCases where format != .gray16 {
        let image = Pictures.noise(source, format, seed: 5)
        let ours = try Resampler.resize(image, Resampler.Request(size: target, filter: filter))
        let reply = try await Oracle.pillow13.run(
          "out = image(a).resize((w, h), getattr(Image, f))",
          [
            "a": .image(image), "w": .int(target.width), "h": .int(target.height),
            "f": .string(filter.rawValue.uppercased()),
          ])
        #expect(try ours == reply.image, "\(filter) \(format)")
      }
    }
  }
}
