import CKernels
import TestSupport
import TesseraCore
import Testing

@Suite("moments")
struct MomentsTests {
  @Test("the fast loop gives the scalar loop's sums for every width 1...67, alignment and channel count")
  func loops() {
    let noise = Pictures.noise(Size(width: 67 * 4 + 64, height: 1), .gray, seed: 5).bytes
    noise.withUnsafeBufferPointer { bytes in
      for channels in 1...4 {
        for pixels in 0...67 {
          for offset in 0..<32 {
            // They add to what is there.
            var fast: [UInt64] = [1, 2, 3, 4, 5, 6, 7, 8]
            var scalar = fast
            fast.withUnsafeMutableBufferPointer {
              tk_moments_u8(
                bytes.baseAddress! + offset, pixels, channels, $0.baseAddress!, $0.baseAddress! + 4)
            }
            scalar.withUnsafeMutableBufferPointer {
              tk_moments_scalar_u8(
                bytes.baseAddress! + offset, pixels, channels, $0.baseAddress!, $0.baseAddress! + 4)
            }
            #expect(fast == scalar, "\(channels) channels, \(pixels) pixels, offset \(offset)")
          }
        }
      }
    }
  }

  @Test("white pictures do not overflow the lanes, whatever their size", arguments: [1, 3])
  func white(_ channels: Int) {
    // 24 lanes of 65536 groups fill the lanes' 32 bits to the last; one more group begins again.
    for pixels in [24 * 65536 / channels, 24 * 65537 / channels + 1] {
      let image = Image(
        size: Size(width: pixels, height: 1), format: channels == 1 ? .gray : .rgb, repeating: 255)
      for moments in image.moments() {
        #expect(moments.count == UInt64(pixels))
        #expect(moments.sum == 255 * UInt128(pixels))
        #expect(moments.sumOfSquares == 65025 * UInt128(pixels))
        #expect(moments.mean == 255 && moments.standardDeviation == 0)
      }
    }
  }

  @Test("numpy has the same sums, and its mean and deviation within a few units in the last place")
  func numpy() async throws {
    for (index, format) in PixelFormat.allCases.enumerated() {
      let image = Pictures.ramps(Size(width: 123, height: 77), format, seed: UInt64(index))
      let reply = try await Oracle.pillow13.run(
        """
        a = np.asarray(p).reshape(-1, p.shape[2]).astype(np.uint64)
        out = [[str(int(a[:, c].sum())), str(int((a[:, c] ** 2).sum())), float(a[:, c].mean()),
                float(a[:, c].std())] for c in range(a.shape[1])]
        """, ["p": .image(image)])
      let rows = try reply.json([[NumberOrText]].self)
      let moments = image.moments()
      #expect(rows.count == moments.count)
      for (row, moments) in zip(rows, moments) {
        #expect("\(moments.sum)" == row[0].text && "\(moments.sumOfSquares)" == row[1].text)
        #expect(abs(moments.mean - row[2].number) <= 8 * row[2].number.ulp)
        #expect(abs(moments.standardDeviation - row[3].number) <= 64 * row[3].number.ulp)
      }
    }
  }

  private enum NumberOrText: Decodable {
    case number(Double), text(String)

    init(from decoder: any Decoder) throws {
      let box = try decoder.singleValueContainer()
      if let text = try? box.decode(String.self) {
        self = .text(text)
      } else {
        self = .number(try box.decode(Double.self))
      }
    }

    var number: Double { if case .number(let value) = self { value } else { .nan } }
    var text: String { if case .text(let value) = self { value } else { "" } }
  }

  @Test("a trillion pixels neither overflow nor lose the small deviation of a large mean")
  func trillion() {
    // Half 200, half 201: mean 200.5, deviation 0.5 exactly.
    let half: UInt64 = 500_000_000_000
    var moments = Moments(count: half, sum: 200 * UInt128(half), sumOfSquares: 40000 * UInt128(half))
    moments += Moments(count: half, sum: 201 * UInt128(half), sumOfSquares: 40401 * UInt128(half))
    #expect(moments.mean == 200.5 && moments.standardDeviation == 0.5)
    let deep = Moments(
      count: 2 * half, sum: UInt128(half) * 131069,
      sumOfSquares: UInt128(half) * (65535 * 65535 + 65534 * 65534))
    #expect(deep.standardDeviation == 0.5)
    // Beyond 128 bits doubles take over.
    let huge = Moments(
      count: 1 << 62, sum: UInt128(1 << 62) * 30000, sumOfSquares: UInt128(1 << 62) * 1_000_000_000)
    #expect(abs(huge.standardDeviation - 10000) < 1e-3)
    #expect(Moments().mean.isNaN && Moments().standardDeviation.isNaN)
  }

  @Test("value counts add up to the moments")
  func counts() {
    for format in PixelFormat.allCases where format != .gray16 {
      let image = Pictures.noise(Size(width: 61, height: 13), format, seed: 9)
      let counts = image.valueCounts()
      for (channel, moments) in image.moments().enumerated() {
        let own = counts[256 * channel..<256 * (channel + 1)]
        #expect(own.reduce(0, +) == 61 * 13)
        #expect(UInt128(own.enumerated().reduce(0) { $0 + $1.offset * $1.element }) == moments.sum)
      }
    }
    let deep = Image(size: Size(1), format: .gray16, bytes: [0xFF, 0x7F])
    #expect(deep.valueCounts()[0x7F] == 1)
  }
}
