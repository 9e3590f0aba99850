import CCodecs
import TestSupport
import TesseraCodecs
import TesseraCore
import Testing

/// The PNG decoder of our own, against libpng, which the same function runs when asked to.
@Suite("Fast PNG") struct PNGFastTests {
  @Test("undoes filters as the scalar loop does, for every width 1...67 and alignment")
  func unfilter() {
    var random = RandomStream(seed: 4)
    for level in 1..<max(2, tc_png_unfilter_levels()) where level < tc_png_unfilter_levels() {
      for pixel in [1, 2, 3, 4, 6, 8] as [Int32] {
        for filter in 0...4 as ClosedRange<Int32> {
          for count in 1...67 {
            let offset = count % 16
            let row = Self.noise(count + offset, &random)
            let prior = Self.noise(count + offset, &random)
            // The byte behind the row stays what it is.
            var scalar = [UInt8](repeating: 7, count: count + offset + 1)
            var fast = scalar
            row.withUnsafeBufferPointer { row in
              prior.withUnsafeBufferPointer { prior in
                let (row, prior) = (row.baseAddress! + offset, prior.baseAddress! + offset)
                scalar.withUnsafeMutableBufferPointer {
                  tc_png_unfilter(filter, pixel, row, prior, $0.baseAddress! + offset, count, 0)
                }
                fast.withUnsafeMutableBufferPointer {
                  tc_png_unfilter(filter, pixel, row, prior, $0.baseAddress! + offset, count, level)
                }
              }
            }
            #expect(fast == scalar, "level \(level), filter \(filter), pixel \(pixel), \(count) bytes")
          }
        }
      }
    }
  }

  @Test("undoes Paeth and Average for all values of the three neighbours") func neighbours() {
    // Two pixels of eight bytes: the first is a, under c; the second stands under b.
    for b in 0...255 as ClosedRange<UInt8> {
      var wrong = 0
      for c in 0...255 as ClosedRange<UInt8> {
        let prior = [UInt8](repeating: c, count: 8) + [UInt8](repeating: b, count: 8)
        for first in stride(from: 0, to: 256, by: 8) {
          for filter in [3, 4] as [Int32] {
            let above = filter == 3 ? c / 2 : c
            let row = (0..<16).map { $0 < 8 ? UInt8(first + $0) &- above : UInt8($0 * 37 & 255) }
            var scalar = [UInt8](repeating: 0, count: 16)
            var fast = scalar
            tc_png_unfilter(filter, 8, row, prior, &scalar, 16, 0)
            tc_png_unfilter(filter, 8, row, prior, &fast, 16, tc_png_unfilter_levels() - 1)
            wrong += fast == scalar && Int(fast[0]) == first ? 0 : 1
          }
        }
      }
      #expect(wrong == 0, "b = \(b)")
    }
  }

  @Test("gives libpng's pixels, whole, as windows and in strips") func windows() async throws {
    var random = RandomStream(seed: 8)
    for file in try await Self.files() {
      for target in file.targets {
        let whole = file.decode(to: target, plain: true)
        #expect(file.decode(to: target) == whole, "\(file)")
        guard whole.status == TC_OK.rawValue else { continue }
        for trial in 0..<6 {
          let x = Int32(random.integer(in: 0...Int(file.width) - 1))
          let y = Int32(random.integer(in: 0...Int(file.height) - 1))
          let window = tc_window(
            x: trial == 0 ? 0 : x, y: y,
            width: trial == 0 ? file.width : Int32(random.integer(in: 1...Int(file.width - x))),
            height: Int32(random.integer(in: 1...Int(file.height - y))))
          var expected = whole
          expected.pixels = file.crop(whole.pixels, window, target)
          let strip = [0, 0, 1, 2, 5, 300][trial]
          for plain in [false, true] {
            let part = file.decode(to: target, window: window, strip: Int32(strip), plain: plain)
            #expect(part == expected, "\(file): \(window), strips of \(strip), plain \(plain)")
          }
        }
      }
    }
  }

  @Test("fails as libpng does, or fills as it does, whatever was done to the file") func damage() async throws
  {
    var random = RandomStream(seed: 20_261_129)
    let files = try await Self.files()
    var decoded = 0
    for trial in 0..<6000 {
      let good = files[trial % files.count]
      // The header is not this decoder's: edits stand behind the first IDAT's name.
      let head = Int(good.idat) + 8
      let data = Mutation.apply(to: Array(good.bytes[head...]), using: &random)
      let file = PNGFile(name: good.name, bytes: good.bytes[..<head] + data)
      let target = file.targets[trial / files.count % file.targets.count]
      let window = tc_window(
        x: file.width / 3, y: file.height / 2, width: (file.width + 1) / 2, height: 1)
      for fill in [false, true] {
        let verdict = file.decode(to: target, fill: fill, plain: true)
        #expect(file.decode(to: target, fill: fill) == verdict, "\(file), fill \(fill)")
        #expect(file.decode(to: target, fill: fill, strip: 4) == verdict, "\(file), fill \(fill), strips")
        var part = verdict
        if part.status == TC_OK.rawValue { part.pixels = file.crop(verdict.pixels, window, target) }
        #expect(file.decode(to: target, fill: fill, window: window) == part, "\(file), fill \(fill), window")
        decoded += verdict.status == TC_OK.rawValue && !fill ? 1 : 0
      }
    }
    #expect(decoded > 300 && decoded < 5700, "\(decoded)")
  }

  @Test("refuses codes that only a lenient inflater takes") func strictness() async throws {
    // A fixed block: a literal 0, a match of 258 at distance 1, the end. The codes 286 and 287 mean nothing, but some
    // inflaters (libdeflate's) read them as the 285 that one flipped bit made them of, and the sum is right.
    let code = """
      from codec_files import *
      def bits(*codes):
          text = "".join(codes).ljust(4096, "0")
          return bytes(int(text[i:i + 8][::-1], 2) for i in range(0, len("".join(codes)), 8))
      rows = 37
      raw = bytes(rows * 7)
      out = b""
      for length, distance in (("11000101", "00000"), ("11000111", "00000"), ("11000110", "00000")):
          body = bits("1", "10", "00110000", length, distance, "0000000")
          stream = b"\\x78\\x9c" + body + struct.pack(">I", zlib.adler32(raw))
          file = png(6, rows, 8, 0)
          at = file.index(b"IDAT") - 4
          file = file[:at] + chunk(b"IDAT", stream) + chunk(b"IEND", b"")
          out += struct.pack("<I", len(file)) + file
      """
    let bytes = try await Oracle.pillow13.run(code).bytes
    var rest = bytes[...]
    var verdicts: [UInt32] = []
    while rest.count > 4 {
      let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      let file = PNGFile(name: "length code", bytes: Array(rest.dropFirst(4).prefix(length)))
      rest = rest.dropFirst(4 + length)
      let verdict = file.decode(to: TC_GRAY)
      #expect(verdict == file.decode(to: TC_GRAY, plain: true))
      verdicts.append(verdict.status)
    }
    #expect(verdicts == [TC_OK.rawValue, TC_CORRUPT.rawValue, TC_CORRUPT.rawValue])
  }

  private static func noise(_ count: Int, _ random: inout RandomStream) -> [UInt8] {
    (0..<count).map { _ in UInt8(random.integer(in: 0...255)) }
  }

  /// Small files of all kinds, and a few that are inflated in several pieces.
  private static func files() async throws -> [PNGFile] {
    var files: [PNGFile] = []
    for file in try await DecodeCase.family("png_family()") where file.facts?.animated == false {
      files.append(PNGFile(name: file.name, bytes: file.file))
    }
    for (mode, size) in [("RGB", "400, 300"), ("RGBA", "200, 301"), ("L", "900, 200"), ("P", "500, 400")] {
      let code = """
        from codec_files import *
        out = save(picture(\(size), "RGB").convert("\(mode)"), "PNG")
        """
      files.append(PNGFile(name: "\(mode) \(size)", bytes: try await Oracle.pillow13.run(code).bytes))
    }
    return files
  }
}

/// A PNG file as the C function sees it.
private struct PNGFile: CustomStringConvertible {
  let name: String
  let bytes: [UInt8]
  let width, height, depth, type: Int32
  let isInterlaced: Bool
  let idat: Int
  var description: String { name }

  init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
    func number(_ at: Int) -> Int { bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
    width = Int32(number(16))
    height = Int32(number(20))
    depth = Int32(bytes[24])
    type = Int32(bytes[25])
    isInterlaced = bytes[28] != 0
    var at = 8
    while bytes[at + 4..<at + 8] != [73, 68, 65, 84] { at += 12 + number(at) }
    idat = at
  }

  private func picture(plain: Bool) -> tc_png_picture {
    tc_png_picture(
      width: width, height: height, bit_depth: depth, color_type: type, interlaced: isInterlaced ? 1 : 0,
      idat_offset: Int64(idat), plain: plain ? 1 : 0)
  }

  /// RGB, and the layout that rows are stored in, where a conversion may give it.
  var targets: [tc_layout] {
    var picture = picture(plain: false)
    let source = tc_png_source_layout(&picture)
    return [TC_GRAY, TC_GRAYA, TC_RGBA].contains(source) ? [TC_RGB, source] : [TC_RGB]
  }

  /// What `tc_png_decode` gives: pixels if it is `TC_OK`, else its error.
  struct Verdict: Equatable {
    var status: UInt32
    var pixels: [UInt8] = []
    var dataEnd: Int64
    var message = ""
    var counts: [Int64] = []
  }

  func decode(
    to target: tc_layout, fill: Bool = false, window: tc_window? = nil, strip: Int32 = 0, plain: Bool = false
  ) -> Verdict {
    var picture = picture(plain: plain)
    var conversion = tc_conversion()
    conversion.source = tc_png_source_layout(&picture)
    conversion.target = target
    conversion.alpha = target == TC_GRAYA || target == TC_RGBA ? TC_ALPHA_KEEP : TC_ALPHA_DROP
    var window = window ?? tc_window(x: 0, y: 0, width: width, height: height)
    let stride = Int(window.width) * tc_layout_pixel_bytes(target)
    var pixels = [UInt8](repeating: 99, count: stride * Int(strip > 0 ? strip : window.height))
    var dataEnd: Int64 = -1
    var error = tc_error()
    var handed: [UInt8] = []
    let palette = (0..<1024).map { UInt8($0 * 7 & 255) }
    let status = palette.withUnsafeBufferPointer { palette in
      conversion.palette = palette.baseAddress
      return withUnsafeMutablePointer(to: &handed) { handed in
        var sink = tc_sink(
          rows: { context, rows, stride, count in
            let rows = UnsafeBufferPointer(start: rows, count: stride * Int(count))
            context!.assumingMemoryBound(to: [UInt8].self).pointee += rows
          }, context: handed, strip: strip)
        return withUnsafePointer(to: &sink) { sink in
          tc_png_decode(
            bytes, bytes.count, &picture, &conversion, fill ? 1 : 0, &window, strip > 0 ? sink : nil, &pixels,
            stride, &dataEnd, &error)
        }
      }
    }
    if status == TC_OK {
      return Verdict(status: status.rawValue, pixels: strip > 0 ? handed : pixels, dataEnd: dataEnd)
    }
    let message = withUnsafeBytes(of: error.message) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    return Verdict(
      status: status.rawValue, dataEnd: dataEnd, message: message, counts: [error.expected, error.got])
  }

  func crop(_ pixels: [UInt8], _ window: tc_window, _ target: tc_layout) -> [UInt8] {
    let pixel = tc_layout_pixel_bytes(target)
    return (window.y..<window.y + window.height).flatMap { y in
      let start = (Int(y) * Int(width) + Int(window.x)) * pixel
      return pixels[start..<start + Int(window.width) * pixel]
    }
  }
}
