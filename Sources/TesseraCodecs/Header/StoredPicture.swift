internal import TesseraCore

/// A picture file taken apart: what its header says, and what its decoder must know beyond that.
struct StoredPicture {
  var header: ImageHeader
  var coding: Coding
  /// The embedded profile's bytes, still packed (PNG) or not.
  var profile: Profile?

  enum Coding {
    case jpeg(components: Int)
    case png(PNGPicture)
    case webp(WebPPicture)
    case bmp(BMPPicture)
    case pnm(PNMPicture)

    /// Whether the codec computes a window alone, and gives its rows one after another.
    var givesWindows: Bool {
      switch self {
      case .jpeg, .png: true
      case .webp, .bmp, .pnm: false
      }
    }
  }

  enum Profile {
    case plain([UInt8])
    /// A zlib stream.
    case deflated([UInt8])
  }

  /// Reads a header, of whatever format it is.
  ///
  /// - Parameter lenient: whether small damage is overlooked that Pillow overlooks with `LOAD_TRUNCATED_IMAGES`.
  /// - Throws: `TesseraError` of stage `header`.
  init(reading source: some ByteSource, lenient: Bool = false) throws {
    do {
      let head = try source.read(at: 0, length: ImageFormat.detectionByteCount)
      guard let format = ImageFormat(detecting: head) else {
        throw TesseraError(.unknownFormat(firstBytes: Array(head.prefix(8))))
      }
      self =
        switch format {
        case .jpeg: try JPEGHeaderReader.read(source)
        case .png: try PNGHeaderReader.read(source, lenient: lenient)
        case .webp: try WebPHeaderReader.read(source)
        case .bmp: try BMPHeaderReader.read(source)
        case .pnm: try PNMHeaderReader.read(source)
        default: throw TesseraError(.unsupported(format: format.name, feature: "this format"))
        }
    } catch let error as TesseraError {
      throw error.with(stage: .header)
    }
  }

  init(header: ImageHeader, coding: Coding, profile: Profile? = nil) {
    self.header = header
    self.coding = coding
    self.profile = profile
  }

  /// A size as read from a file, if it is one that a picture can have.
  static func size(_ width: Int, _ height: Int, format: String) throws -> Size {
    guard width > 0, height > 0 else {
      throw TesseraError(.corrupt(format: format, detail: "a size of \(width)×\(height)"))
    }
    return Size(width: width, height: height)
  }

  /// Throws `truncated`: the file ends inside its header.
  static func headerEnds(_ format: String, needs expected: Int?, has got: Int) -> TesseraError {
    TesseraError(.truncated(format: format, expected: expected, got: got, unit: "bytes"))
  }
}
