import TestSupport
import TesseraCodecs
import TesseraCore
import Testing

@Suite("Formats") struct FormatTests {
  @Test("are found from the bytes, never from the name") func detection() async throws {
    let made = [
      ("JPEG", ImageFormat.jpeg), ("PNG", .png), ("WEBP", .webp), ("BMP", .bmp), ("PPM", .pnm),
      ("TIFF", .tiff),
      ("GIF", .gif), ("JPEG2000", .jpeg2000), ("AVIF", .avif), ("ICO", .ico), ("DDS", .dds), ("PDF", .pdf),
      ("EPS", .eps), ("ICNS", .icns),
    ]
    for (name, format) in made {
      let bytes = try await Oracle.pillow13.run(
        "from codec_files import *\nout = save(picture(64, 64, 'RGB'), '\(name)')"
      ).bytes
      #expect(ImageFormat(detecting: bytes) == format, "\(name)")
      if format.isDecodable { continue }
      let error = #expect(throws: TesseraError.self) { try ImageDecoder().decode(bytes) }
      #expect(error?.reason == .unsupported(format: format.name, feature: "this format"))
      #expect(error?.stage == .header)
    }
    let heads: [([UInt8], ImageFormat)] = [
      (Array("8BPS".utf8), .psd), (Array("qoif".utf8), .qoi), ([0xFF, 0x0A], .jpegxl),
      (Array("#?RADIANCE\n".utf8), .hdr),
      (Array("<?xml version=\"1.0\"?>\n<svg>".utf8), .svg), (Array(" <svg/>".utf8), .svg),
      (Array("P7\nWIDTH".utf8), .pam),
      (Array("PF\n1 1".utf8), .pfm), ([0, 0, 0, 24] + Array("ftypheic0000mif1heic".utf8), .heif),
      ([0, 0, 0, 24] + Array("ftypmif10000mif1avif".utf8), .avif), ([0x76, 0x2F, 0x31, 0x01], .exr),
      ([0x49, 0x49, 0xBC, 0x01], .jpegxr), (Array("SIMPLE  =".utf8), .fits),
    ]
    for (bytes, format) in heads { #expect(ImageFormat(detecting: bytes) == format) }
  }

  @Test("that nobody knows are an error with their first bytes") func unknown() {
    for bytes in [[], [1, 2, 3], Array("hello, world".utf8), [0xFF, 0xD8]] as [[UInt8]] {
      #expect(ImageFormat(detecting: bytes) == nil)
      let error = #expect(throws: TesseraError.self) { try ImageHeader(bytes: bytes) }
      #expect(error?.reason == .unknownFormat(firstBytes: Array(bytes.prefix(8))))
    }
  }

  /// Edits of a good JPEG's frame header, and the feature that the error must name.
  static let jpegKinds: [(String, String)] = [
    ("at + 4: 12", "12-bit samples"), ("at + 1: 0xC3", "lossless coding"),
    ("at + 1: 0xC5", "hierarchical coding"),
    ("at + 1: 0xCB", "lossless arithmetic coding"), ("at + 9: 2", "a picture of 2 components"),
    ("at + 1: 0xF7", "JPEG-LS"),
  ]

  @Test("of JPEG that are not decoded are named", arguments: jpegKinds)
  func jpegKind(_ edit: String, _ feature: String) async throws {
    let bytes = try await Oracle.pillow13.run(
      """
      from codec_files import *
      data = bytearray(save(picture(64, 64, 'RGB'), 'JPEG'))
      at = frame_header(data)
      for place, value in {\(edit)}.items(): data[place] = value
      out = bytes(data)
      """
    ).bytes
    let error = #expect(throws: TesseraError.self) { try ImageDecoder().decode(bytes) }
    #expect(error?.reason == .unsupported(format: "JPEG", feature: feature))
  }

  @Test("of JPEG: arithmetic coding is decoded as Pillow does") func arithmetic() async throws {
    let reply = try await Oracle.pillow13.run(
      "out = Image.open(io.BytesIO(f)).convert('RGB')", ["f": .bytes(ArithmeticJPEG.bytes)])
    #expect(try ImageDecoder().decode(ArithmeticJPEG.bytes, DecodeRequest(policy: .pillow)) == reply.image)
  }

  @Test("of JPEG: subsampling is named") func subsampling() async throws {
    for file in try await DecodeCase.family("jpeg_family()") {
      let header = try ImageHeader(bytes: file.file)
      let names = ["sampling 0": "4:4:4", "sampling 1": "4:2:2", "sampling 2": "4:2:0"]
      for (part, name) in names where file.name.contains(part) {
        #expect(header.subsampling == name, "\(file)")
      }
      for name in ["4:1:1", "4:4:0", "4:1:0"] where file.name.hasPrefix(name) {
        #expect(header.subsampling == name, "\(file)")
      }
      if file.name.contains("gray") { #expect(header.subsampling == nil) }
    }
  }

  @Test("have their libraries' versions") func versions() {
    let versions = CodecVersions.linked
    for (name, version) in versions.all {
      #expect(version.first?.isNumber == true && version.contains("."), "\(name)")
    }
    #expect(versions.all.map(\.name) == ["libjpeg-turbo", "libpng", "libwebp", "lcms2", "zlib"])
  }
}
