import Tessera
import TestSupport
import TesseraCore
import TesseraTransforms

/// One resize with everything random.
struct ResizeTrial: CustomStringConvertible {
  var size: Size
  var format: PixelFormat
  var offset: Int
  var request: Resampler.Request

  init(_ random: inout RandomStream, generation: PillowGeneration, formats: [PixelFormat], pool: Int) {
    format = formats[random.integer(in: 0...formats.count - 1)]
    size = Self.size(&random)
    if random.integer(in: 0...19) == 0 {
      size = Size(width: random.integer(in: 1...3), height: random.integer(in: 100...400))
    }
    var target = Self.size(&random)
    if random.integer(in: 0...5) == 0 { target.width = size.width }
    if random.integer(in: 0...5) == 0 { target.height = size.height }
    let filters = ResampleFilter.allCases.filter {
      generation == .pillow13 || ($0 != .mks2013 && $0 != .mks2021)
    }
    request = Resampler.Request(
      size: target, filter: filters[random.integer(in: 0...filters.count - 1)],
      box: Self.box(&random, in: size), generation: generation)
    if format != .gray16 && random.integer(in: 0...3) == 0 {
      request.reducingGap = [1, 1.1, 2, 3][random.integer(in: 0...3)]
    }
    offset = random.integer(in: 0...(pool - size.area * format.bytesPerPixel) / 2) * 2
  }

  private static func size(_ random: inout RandomStream) -> Size {
    var sides = (0..<2).map { _ in
      random.integer(in: 0...2) == 0 ? random.integer(in: 1...7) : random.integer(in: 1...69)
    }
    if random.integer(in: 0...30) == 0 { sides[0] = 1 }
    return Size(width: sides[0], height: sides[1])
  }

  /// Nil, whole pixels, or fractions.
  private static func box(_ random: inout RandomStream, in size: Size) -> Box? {
    guard random.integer(in: 0...2) == 0 else { return nil }
    let x = [random.uniform(), random.uniform()].map { $0 * Double(size.width) }.sorted()
    let y = [random.uniform(), random.uniform()].map { $0 * Double(size.height) }.sorted()
    if random.bernoulli(0.5) {
      return Box(
        left: x[0].rounded(.down), top: y[0].rounded(.down), right: x[1].rounded(.down) + 1,
        bottom: y[1].rounded(.down) + 1)
    }
    guard x[1] - x[0] > 0.01, y[1] - y[0] > 0.01 else { return nil }
    return Box(left: x[0], top: y[0], right: x[1], bottom: y[1])
  }

  func image(_ pool: [UInt8]) -> Image {
    Image(size: size, format: format, bytes: Array(pool[offset..<offset + size.area * format.bytesPerPixel]))
  }

  /// `[offset, mode, w, h, out w, out h, filter, box or null, gap or null]`.
  var json: String {
    let box = request.box.map { "[\($0.left), \($0.top), \($0.right), \($0.bottom)]" } ?? "null"
    let gap = request.reducingGap.map { "\($0)" } ?? "null"
    return """
      [\(offset), "\(format.pillowMode)", \(size.width), \(size.height), \(request.size.width), \
      \(request.size.height), "\(request.filter.rawValue.uppercased())", \(box), \(gap)]
      """
  }

  var description: String { json }

  /// What Python does with a list of them: the bytes of all results, one after another.
  static let python = """
    def one(o, mode, w, h, ow, oh, f, box, gap):
        n = w * h * {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "I;16": 2}[mode]
        p = Image.frombuffer(mode, (w, h), pool[o:o + n], "raw", mode, 0, 1)
        return p.resize((ow, oh), getattr(Image, f), tuple(box) if box else None, gap).tobytes()
    out = b"".join(one(*t) for t in trials)
    """
}
