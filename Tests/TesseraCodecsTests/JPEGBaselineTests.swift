import CCodecs
import TestSupport
import TesseraCodecs
import TesseraCore
import Testing

/// The decoder of sound baseline and progressive files beside libjpeg: the same bytes, the same verdict.
@Suite("JPEGs without libjpeg") struct JPEGBaselineTests {
  private typealias Request = JPEGFace.Request

  /// 4:4:4, 4:2:2, 4:2:0, 4:4:0, 4:1:1.
  private static let samplings: [(Int32, Int32)] = [(1, 1), (2, 1), (2, 2), (1, 2), (4, 1)]

  private static func window(in size: Size, using random: inout RandomStream) -> Rect {
    let (x, y) = (random.integer(in: 0...size.width - 1), random.integer(in: 0...size.height - 1))
    return Rect(
      x: x, y: y, width: random.integer(in: 1...size.width - x),
      height: random.integer(in: 1...size.height - y))
  }

  @Test(
    "have libjpeg's bits for every width 1…67, every sampling, every window, and every scale",
    arguments: [1, 2, 4, 8], [false, true])
  func widths(scale: Int, progressive: Bool) {
    var random = RandomStream(seed: progressive ? 32 : 31)
    var (own, left) = (0, 0)
    for width in 1...67 {
      for (h, v) in [(1, 1), (2, 1), (2, 2), (1, 2), (4, 1), (4, 2)] as [(Int32, Int32)] {
        for gray in [false, true] where !gray || h * v == 1 {
          let size = Size(width: width, height: random.integer(in: 1...50))
          let quality = Int32([1, 25, 60, 90, 100][random.integer(in: 0...4)])
          let file = JPEGFace.file(
            size, gray: gray, (h, v), progressive: progressive, quality: quality, optimize: width % 2 == 0,
            seed: UInt64(width))
          let isOurs = h * v < 8
          var request = Request(size: size, components: gray ? 1 : 3, scale: scale)
          request.isLuma = !gray && width % 5 == 0
          for trial in 0..<4 {
            if trial > 0 { request.window = Self.window(in: request.scaled, using: &random) }
            let theirs = JPEGFace.decode(file, request, by: .libjpeg)
            let ours = JPEGFace.decode(file, request, by: isOurs && JPEGFace.hasOwn ? .own : .any)
            #expect(
              ours.status == TC_OK.rawValue && ours == theirs, "\(request), \(h)x\(v), quality \(quality)")
            if isOurs { own += 1 } else { left += 1 }
          }
        }
      }
    }
    #expect(own == 67 * 6 * 4 && left == 67 * 4)
  }

  /// Quantisers of 255: no picture has the coefficients that come out.
  private static func exaggerated(_ file: [UInt8]) -> [UInt8] {
    var file = file
    var at = 2
    while file[at + 1] != 0xDA {
      let length = Int(file[at + 2]) << 8 | Int(file[at + 3])
      if file[at + 1] == 0xDB {
        for table in stride(from: at + 4, to: at + 2 + length, by: 65) {
          for k in 1...64 { file[table + k] = 255 }
        }
      }
      at += 2 + length
    }
    return file
  }

  @Test(
    "have libjpeg's bits where the inverse DCT overflows, or are left to it", arguments: [1, 2, 4, 8],
    [false, true])
  func overflow(scale: Int, progressive: Bool) {
    var random = RandomStream(seed: UInt64(scale))
    var (own, left) = (0, 0)
    for trial in 0..<300 {
      let size = Size(width: random.integer(in: 8...40), height: random.integer(in: 8...40))
      let sampling = Self.samplings[trial % 5] as (Int32, Int32)
      let quality = Int32([60, 90, 100][trial / 5 % 3])
      let file = Self.exaggerated(
        JPEGFace.file(
          size, gray: trial % 4 == 0, sampling, progressive: progressive, quality: quality,
          seed: UInt64(trial)))
      let request = Request(size: size, components: trial % 4 == 0 ? 1 : 3, scale: scale)
      let theirs = JPEGFace.decode(file, request, by: .libjpeg)
      #expect(JPEGFace.decode(file, request, by: .any) == theirs, "\(request), trial \(trial)")
      let ours = JPEGFace.decode(file, request, by: .own)
      if ours.status == TC_OK.rawValue {
        own += 1
        #expect(ours == theirs, "\(request), trial \(trial)")
      } else {
        left += 1
      }
    }
    // At 1/8 nothing overflows that libjpeg has two ways for; at 1/4 the chroma alone of 4:2:0 may.
    #expect(
      !JPEGFace.hasOwn || own > 20 && (scale == 8 ? left == 0 : left > 20), "\(own) here, \(left) left")
  }

  @Test(
    "are decoded or refused as by libjpeg when they are damaged, at every scale", arguments: [1, 2, 4, 8],
    [(false, false), (false, true), (true, false), (true, true)])
  func damage(scale: Int, kind: (progressive: Bool, fill: Bool)) throws {
    let (progressive, fill) = kind
    var random = RandomStream(seed: UInt64(scale * 4 + (fill ? 41 : 42) + (progressive ? 2 : 0)))
    var (good, failed, own) = (0, 0, 0)
    for trial in 0..<1200 {
      let size = Size(width: random.integer(in: 8...90), height: random.integer(in: 8...90))
      let sampling = Self.samplings[trial % 5] as (Int32, Int32)
      var file = JPEGFace.file(
        size, sampling, progressive: progressive, quality: 80, optimize: trial % 2 == 0, seed: UInt64(trial))
      if trial % 4 == 0, !progressive,
        case .rewritten(let seekable) = try JPEGTranscoder(restartRows: 1).baseline(file)
      {
        file = seekable
      }
      // The entropy-coded data half of the time: headers are what the mutations like best.
      if trial % 2 == 0 {
        let at = random.integer(in: file.count / 2...file.count - 1)
        file[at] = UInt8(truncatingIfNeeded: random.next32())
      } else {
        file = Mutation.apply(to: file, using: &random)
      }
      var request = Request(size: size, scale: scale, fill: fill)
      if trial % 3 != 0 { request.window = Self.window(in: request.scaled, using: &random) }
      let ours = JPEGFace.decode(file, request, by: .any)
      #expect(ours == JPEGFace.decode(file, request, by: .libjpeg), "\(request), trial \(trial)")
      if ours.status == TC_OK.rawValue { good += 1 } else { failed += 1 }
      if JPEGFace.decode(file, request, by: .own).status == TC_OK.rawValue { own += 1 }
    }
    #expect(
      good > 500 && (!JPEGFace.hasOwn || own > (progressive ? 60 : 150)) && own < good
        && (fill || failed > 100),
      "\(good) decoded, \(own) of them without libjpeg, \(failed) refused")
  }

  // MARK: scans

  /// Where the scans' headers begin.
  private static func scans(of file: [UInt8]) -> [Int] {
    file.indices.dropLast().filter { file[$0] == 0xFF && file[$0 + 1] == 0xDA }
  }

  @Test("are left to libjpeg where a progressive file's scans do not bring every bit, which it smooths over")
  func missingScans() {
    var (cuts, left) = (0, 0)
    for (trial, sampling) in Self.samplings.enumerated() {
      let size = Size(width: 61 + trial, height: 45)
      let file = JPEGFace.file(size, sampling, progressive: true, quality: 85, seed: UInt64(trial + 1))
      let scans = Self.scans(of: file)
      #expect(scans.count == 10)
      for scan in scans.indices.dropFirst() {
        // The tables before the scan belong to it and harm nobody.
        let cut = Array(file[..<scans[scan]]) + [0xFF, 0xD9]
        for scale in [1, 2, 4, 8] {
          let request = JPEGFace.Request(size: size, scale: scale)
          let theirs = JPEGFace.decode(cut, request, by: .libjpeg)
          #expect(theirs.status == TC_OK.rawValue && theirs == JPEGFace.decode(cut, request, by: .any))
          cuts += 1
          if JPEGFace.decode(cut, request, by: .own).status == TC_UNSUPPORTED.rawValue { left += 1 }
        }
      }
      let whole = JPEGFace.decode(file, JPEGFace.Request(size: size), by: .own)
      #expect(whole.status == TC_OK.rawValue || !JPEGFace.hasOwn)
    }
    #expect(cuts == 5 * 9 * 4 && left == cuts)
  }

  @Test("of more scans than the limit are refused as by libjpeg", arguments: 1...12) func scanLimit(
    limit: Int
  ) {
    let size = Size(width: 50, height: 40)
    let file = JPEGFace.file(size, (2, 2), progressive: true, quality: 85, seed: 5)
    let request = JPEGFace.Request(size: size, maxScans: Int64(limit))
    let theirs = JPEGFace.decode(file, request, by: .libjpeg)
    #expect(theirs == JPEGFace.decode(file, request, by: .any))
    #expect(theirs.status == (limit < 10 ? TC_LIMIT : TC_OK).rawValue)
    let own = JPEGFace.decode(file, request, by: .own)
    #expect(own.status == (limit < 10 || !JPEGFace.hasOwn ? TC_UNSUPPORTED : TC_OK).rawValue)
  }
}
