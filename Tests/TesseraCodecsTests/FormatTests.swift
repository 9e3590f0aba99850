import Foundation
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

  @Test("of headers in memory and in files are read alike, whole, cut short and damaged") func memoryAndFile()
    throws
  {
    let folder = Repository.path("samples/photos/animals")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    var random = RandomStream(seed: 23)
    var (good, bad) = (0, 0)
    for name in names {
      let bytes = Array(try Data(contentsOf: URL(filePath: folder + "/" + name)))
      for trial in 0..<150 {
        var file = bytes
        if trial > 0 {
          if trial % 2 == 0 { file.removeLast(file.count - min(file.count, 4 * trial)) }
          if trial % 3 == 0 {
            file[random.integer(in: 0...min(700, file.count - 1))] ^= UInt8(1 << (trial % 8))
          }
        }
        let path = temporaryPath()
        try write(file, to: path)
        defer { remove(path) }
        let inMemory = Result { try ImageHeader(bytes: file) }
        let inFile = Result { try ImageHeader(path: path) }
        switch (inMemory, inFile) {
        case (.success(let a), .success(let b)):
          #expect(a == b, "\(name), trial \(trial)")
          good += 1
        case (.failure(let a as TesseraError), .failure(let b as TesseraError)):
          #expect(a.reason == b.reason && a.stage == b.stage, "\(name), trial \(trial)")
          bad += 1
        default: Issue.record("\(name), trial \(trial): \(inMemory), \(inFile)")
        }
      }
    }
    #expect(names.count >= 5 && good > 100 && bad > 100, "\(good) good, \(bad) bad")
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
