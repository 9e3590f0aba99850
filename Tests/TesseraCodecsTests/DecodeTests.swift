import TestSupport
import TesseraCodecs
import TesseraCore
import Testing

/// Every kind of file that `codec_files.py` makes, against the live Pillow.
@Suite("Decoding is Pillow's") struct DecodeTests {
  static let families = ["png_family()", "jpeg_family()", "webp_family()", "bmp_family()", "pnm_family()"]

  @Test("to the bit, and fails where Pillow fails", arguments: families)
  func pixels(_ family: String) async throws {
    let decoder = ImageDecoder()
    for file in try await DecodeCase.family(family) {
      let decoded = Result { try decoder.decode(file.file, DecodeRequest(policy: .pillow)) }
      switch (decoded, file.pixels) {
      case (.success(let image), let expected?): #expect(image == expected, "\(file)")
      case (.failure(let error), _?): Issue.record("\(file): only Pillow decodes it: \(error)")
      case (.success, nil): Issue.record("\(file): Pillow does not decode it")
      case (.failure(let error), nil): #expect(error is TesseraError, "\(file)")
      }
    }
  }

  @Test("in what the header says, from memory and from a file", arguments: families)
  func headers(_ family: String) async throws {
    let path = temporaryPath()
    defer { remove(path) }
    for file in try await DecodeCase.family(family) {
      guard let facts = file.facts, file.pixels != nil else { continue }
      let header = try ImageHeader(bytes: file.file)
      #expect(header.mode == facts.mode, "\(file)")
      #expect(header.size == Size(width: facts.width, height: facts.height), "\(file)")
      let orientation = (1...8).contains(facts.orientation) ? facts.orientation : 1
      #expect(header.orientation.rawValue == orientation, "\(file)")
      #expect(header.isProgressive == facts.progressive, "\(file)")
      #expect(header.isInterlaced == facts.interlaced, "\(file)")
      #expect(header.hasICCProfile == facts.profile, "\(file)")
      #expect(header.isAnimated == facts.animated, "\(file)")
      let dots = header.resolution.flatMap { $0.unit == .inch ? [$0.x, $0.y] : nil }
      #expect(dots == facts.dots, "\(file)")
      try write(file.file, to: path)
      #expect(try ImageHeader(path: path) == header, "\(file)")
    }
  }

  @Test("in size and format, as told from the header alone", arguments: families)
  func info(_ family: String) async throws {
    let decoder = ImageDecoder()
    var policies: [DecodePolicy] = [.tessera, .pillow]
    for alpha in [
      DecodePolicy.Alpha.drop, .keep, .composite(.white), .composite(RGBColor(red: 1, green: 2, blue: 3)),
    ] {
      for sixteen in DecodePolicy.SixteenBit.allCases {
        policies.append(DecodePolicy(sixteenBit: sixteen, alpha: alpha, output: .asStored))
      }
    }
    for file in try await DecodeCase.family(family) where file.pixels != nil {
      let header = try ImageHeader(bytes: file.file)
      for policy in policies {
        let image = try decoder.decode(file.file, DecodeRequest(policy: policy))
        let info = decoder.info(for: header, policy: policy)
        #expect(info.size == image.size && info.format == image.format, "\(file), \(policy)")
      }
    }
  }

  @Test("after an exif_transpose, under the policy tessera", arguments: ["jpeg_family()", "webp_family()"])
  func orientation(_ family: String) async throws {
    let decoder = ImageDecoder()
    for file in try await DecodeCase.family(family, render: "upright") {
      guard let expected = file.pixels else { continue }
      #expect(try decoder.decode(file.file) == expected, "\(file)")
    }
  }

  @Test("in colours, once profiles are converted to sRGB") func profiles() async throws {
    let decoder = ImageDecoder()
    for file in try await DecodeCase.family("profile_family()", render: "to_srgb") {
      let expected = try #require(file.pixels, "\(file)")
      var policy = DecodePolicy.pillow
      policy.icc = .convertToSRGB
      if expected.format == .rgba { policy.alpha = .keep }
      // lcms2 2.14 and Pillow's 2.19 agree to the bit here; a level of tolerance is for other versions.
      let image = try decoder.decode(file.file, DecodeRequest(policy: policy))
      #expect(Pictures.distance(image, expected).largest <= 1, "\(file)")
      #expect(decoder.info(for: try ImageHeader(bytes: file.file), policy: policy).format == image.format)
    }
  }
}
