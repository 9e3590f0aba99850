internal import CCodecs
internal import TesseraCore

/// One decode: a parsed file, its bytes and what is wanted of it.
///
/// JPEG and PNG are asked for the window alone; of the other formats the whole picture is decoded and the window cut
/// out.
struct PictureDecoding {
  let picture: StoredPicture
  let bytes: UnsafeRawBufferPointer
  let request: DecodeRequest

  private var header: ImageHeader { picture.header }
  private var policy: DecodePolicy { request.policy }
  private var fills: Int32 { policy.truncated == .fillGray ? 1 : 0 }
  private var outputFormat: PixelFormat { takesLuma ? .gray : policy.outputFormat(of: header) }
  private var takesLuma: Bool {
    request.lumaOnly && header.format == .jpeg && header.mode == "RGB" && !convertsColour
  }
  private var turns: Bool { policy.orientation == .apply && header.orientation != .upright }
  private var convertsColour: Bool { policy.icc == .convertToSRGB && header.hasICCProfile }
  /// The size of the picture as it comes from the codec.
  private var storedSize: Size { request.scaled(header.size) }

  /// The window in the picture as it is stored: `request.region` is one of the upright picture.
  private var window: Rect {
    guard let region = request.region else {
      return Rect(storedSize)
    }
    return turns ? header.orientation.stored(region, in: storedSize) : region
  }

  /// - Throws: `TesseraError` of stage `header` for limits and policies, `decode` for the data.
  func run() throws -> Image {
    try checkHeader()
    return try staged {
      let stored = try convertsColour ? convertedBySRGB() : decoded()
      return turns ? stored.oriented(header.orientation) : stored
    }
  }

  /// Hands the window's rows to `consume` as they are decoded, in order; see `ImageDecoder.decodeRows`.
  ///
  /// - Throws: as `run`; rows that were handed over before do not count then.
  func run(into consume: RowConsumer) throws {
    try checkHeader()
    if turns || convertsColour || !picture.coding.givesWindows {
      let image = try run()
      image.withUnsafeBytes { consume($0.baseAddress, image.bytesPerRow, image.height) }
      return
    }
    try staged {
      let format = outputFormat
      try Self.withSink(to: consume) { sink in
        let stride = (window.width + Int(TC_STRIP_SLACK)) * format.bytesPerPixel
        try Scratch.withBytes(stride * Int(sink.pointee.strip)) { strip in
          try decode(
            to: format.layout, alpha: policy.conversionAlpha(to: format), window, sink, into: strip,
            stride: stride)
        }
      }
    }
  }

  private func staged<R>(_ body: () throws -> R) throws -> R {
    do { return try body() } catch let error as TesseraError { throw error.with(stage: .decode) }
  }

  /// Everything that the header alone forbids.
  private func checkHeader() throws {
    try policy.limits.check(header.size)
    if header.mode == "CMYK" && policy.cmyk == .reject {
      throw TesseraError(
        .unsupported(format: header.format.name, feature: "CMYK (by the policy)"), stage: .header)
    }
    if request.scale != 1 {
      guard header.format == .jpeg, [2, 4, 8].contains(request.scale) else {
        throw TesseraError(
          .invalidInput(
            operation: "decode", expected: "a scale of 1, for JPEG also 2, 4 or 8", got: "\(request.scale)"),
          stage: .header)
      }
    }
    if let region = request.region {
      let size = policy.orientation == .apply ? request.scaled(header.orientedSize) : storedSize
      guard region.width > 0, region.height > 0,
        Rect(size).contains(region)
      else {
        throw TesseraError(
          .invalidInput(operation: "decode", expected: "a region inside of \(size)", got: "\(region)"),
          stage: .header)
      }
    }
  }

  /// The window in the policy's format, straight from the codec.
  private func decoded() throws -> Image {
    let format = outputFormat
    return try pixels(format, layout: format.layout, alpha: policy.conversionAlpha(to: format))
  }

  /// The window of the stored picture in `layout`, whose pixels are as large as `format`'s.
  private func pixels(_ format: PixelFormat, layout: tc_layout, alpha: tc_alpha) throws -> Image {
    let window = window
    let whole = Rect(storedSize)
    let asked = picture.coding.givesWindows ? window : whole
    let image = try Image(size: asked.size, format: format) { target in
      try decode(
        to: layout, alpha: alpha, asked, nil, into: target, stride: asked.width * format.bytesPerPixel)
    }
    return asked == window ? image : image.cut(window)
  }

  /// The picture by way of its colour profile: decoded with its alpha, converted, then laid over the background.
  private func convertedBySRGB() throws -> Image {
    let isCMYK = header.mode == "CMYK"
    let keepsAlpha = header.hasAlpha && policy.alpha != .drop
    let isGray = ["1", "L", "LA", "I", "I;16"].contains(header.mode)
    let stored: PixelFormat = isGray ? (keepsAlpha ? .grayAlpha : .gray) : keepsAlpha || isCMYK ? .rgba : .rgb
    let layout = isCMYK ? TC_CMYK : stored.layout
    // CMYK takes four bytes a pixel, as RGBA does.
    let source = try pixels(stored, layout: layout, alpha: keepsAlpha ? TC_ALPHA_KEEP : TC_ALPHA_DROP)
    let converted = try Image(size: source.size, format: keepsAlpha ? .rgba : .rgb) { target in
      try toSRGB(source, layout: layout, into: target)
    }
    let format = outputFormat
    guard converted.format != format else { return converted }
    return Image(size: converted.size, format: format) { target in
      converted.withUnsafeBytes { bytes in
        var conversion = conversion(
          from: TC_RGBA, to: format.layout, alpha: policy.conversionAlpha(to: format))
        tc_convert_rows(
          &conversion, bytes.bytePointer, converted.bytesPerRow, target.bytePointer,
          format.bytesPerPixel * converted.width, converted.width, converted.height)
      }
    }
  }

  private func toSRGB(_ image: Image, layout: tc_layout, into target: UnsafeMutableRawBufferPointer) throws {
    let profile: [UInt8]
    switch picture.profile {
    case .plain(let bytes)?: profile = bytes
    case .deflated(let stream)?: profile = try Inflate.bytes(stream, limit: 1 << 26)
    case nil: profile = []
    }
    let targetPixel = layout == TC_RGBA || layout == TC_GRAYA ? 4 : 3
    var error = tc_error()
    let status = image.withUnsafeBytes { bytes in
      tc_icc_to_srgb(
        profile, profile.count, layout, bytes.bytePointer, image.bytesPerRow, target.bytePointer,
        targetPixel * image.width, image.width, image.height, &error)
    }
    try CodecStatus.check(status, error, format: "\(header.format.name)'s colour profile")
  }

  private func conversion(from source: tc_layout, to target: tc_layout, alpha: tc_alpha) -> tc_conversion {
    var conversion = tc_conversion()
    conversion.source = source
    conversion.target = target
    conversion.alpha = alpha
    conversion.sixteen = policy.sixteenBit == .clip ? TC_SIXTEEN_PILLOW : TC_SIXTEEN_SCALE
    if case .composite(let colour) = policy.alpha {
      conversion.background = (colour.red, colour.green, colour.blue)
    }
    return conversion
  }

  /// Decodes a window into `target`, rows `stride` bytes apart, or strip by strip into `sink`. Codecs that give no
  /// windows are asked for the whole picture.
  private func decode(
    to layout: tc_layout, alpha: tc_alpha, _ window: Rect, _ sink: UnsafePointer<tc_sink>?,
    into target: UnsafeMutableRawBufferPointer, stride: Int
  ) throws {
    let format = header.format.name
    var part = tc_window(
      x: Int32(window.x), y: Int32(window.y), width: Int32(window.width), height: Int32(window.height))
    var error = tc_error()
    var unit = "rows"
    let status: tc_status
    var cut: (offset: Int, error: TesseraError)?
    var dataEnd: Int64 = 0
    switch picture.coding {
    case .jpeg(let components):
      var stored = tc_jpeg_picture(
        width: Int32(header.width), height: Int32(header.height), components: Int32(components),
        max_scans: Int64(policy.limits.scans), scale: Int32(request.scale), plain: 0)
      let source = components == 4 ? TC_CMYK_INVERTED : components == 1 || takesLuma ? TC_GRAY : TC_RGB
      var conversion = conversion(from: source, to: layout, alpha: TC_ALPHA_DROP)
      status = tc_jpeg_decode(
        bytes.bytePointer, bytes.count, &stored, &conversion, fills, &part, sink, target.bytePointer, stride,
        &error)
    case .png(let stored):
      cut = stored.cut
      status = decodePNG(stored, layout, alpha, &part, sink, target.bytePointer, stride, &dataEnd, &error)
    case .webp(let stored):
      unit = "pictures"
      status = decodeWebP(stored, layout, alpha, target, stride, &error)
    case .bmp(let stored):
      if stored.coding == .rle8 || stored.coding == .rle4 { unit = "pixels" }
      status = decodeBMP(stored, layout, alpha, target.bytePointer, stride, &error)
    case .pnm(let stored):
      var picture = tc_pnm_picture(
        width: Int32(header.width), height: Int32(header.height), kind: Int32(stored.kind),
        maxval: Int32(stored.maxval), offset: Int64(stored.offset))
      var conversion = conversion(from: tc_pnm_source_layout(&picture), to: layout, alpha: alpha)
      status = tc_pnm_decode(
        bytes.bytePointer, bytes.count, &picture, &conversion, fills, target.bytePointer, stride, &error)
    }
    try CodecStatus.check(status, error, format: format, unit: unit)
    if let cut, cut.offset >= dataEnd { throw cut.error }
  }

  private func decodePNG(
    _ stored: PNGPicture, _ layout: tc_layout, _ alpha: tc_alpha, _ window: UnsafePointer<tc_window>,
    _ sink: UnsafePointer<tc_sink>?, _ target: UnsafeMutablePointer<UInt8>, _ stride: Int,
    _ dataEnd: inout Int64, _ error: inout tc_error
  ) -> tc_status {
    var picture = tc_png_picture(
      width: Int32(header.width), height: Int32(header.height), bit_depth: Int32(stored.bitDepth),
      color_type: Int32(stored.colorType), interlaced: stored.isInterlaced ? 1 : 0,
      idat_offset: Int64(stored.idatOffset), plain: 0)
    var conversion = conversion(from: tc_png_source_layout(&picture), to: layout, alpha: alpha)
    if let key = stored.transparentColour {
      conversion.has_key = 1
      conversion.key = (key[0], key.count > 1 ? key[1] : 0, key.count > 2 ? key[2] : 0)
    }
    return (stored.colorType == 3 ? stored.fullPalette : []).withUnsafeBufferPointer { palette in
      conversion.palette = palette.baseAddress
      return tc_png_decode(
        bytes.bytePointer, bytes.count, &picture, &conversion, fills, window, sink, target, stride, &dataEnd,
        &error)
    }
  }

  /// A frame smaller than its canvas lies on transparent black.
  private func decodeWebP(
    _ stored: WebPPicture, _ layout: tc_layout, _ alpha: tc_alpha, _ target: UnsafeMutableRawBufferPointer,
    _ stride: Int, _ error: inout tc_error
  ) -> tc_status {
    var conversion = conversion(from: TC_RGBA, to: layout, alpha: alpha)
    let rect = stored.frameRect
    if rect.size != header.size {
      let clear = [UInt8](repeating: 0, count: header.width * 4)
      for y in 0..<header.height {
        tc_convert_row(&conversion, clear, target.bytePointer + y * stride, header.width)
      }
    }
    let pixel = tc_layout_pixel_bytes(layout)
    return tc_webp_decode(
      UnsafeRawBufferPointer(rebasing: bytes[stored.frame]).bytePointer, stored.frame.count,
      Int32(rect.width), Int32(rect.height),
      &conversion, target.bytePointer + rect.y * stride + rect.x * pixel, stride, &error)
  }

  private func decodeBMP(
    _ stored: BMPPicture, _ layout: tc_layout, _ alpha: tc_alpha, _ target: UnsafeMutablePointer<UInt8>,
    _ stride: Int, _ error: inout tc_error
  ) -> tc_status {
    var picture = tc_bmp_picture()
    picture.width = Int32(header.width)
    picture.height = Int32(header.height)
    picture.bits = Int32(stored.bits)
    picture.top_down = stored.isTopDown ? 1 : 0
    picture.offset = Int64(stored.offset)
    switch stored.coding {
    case .indexed: picture.coding = TC_BMP_INDEXED
    case .rgb555: picture.coding = TC_BMP_555
    case .rgb565: picture.coding = TC_BMP_565
    case .rle8: picture.coding = TC_BMP_RLE8
    case .rle4: picture.coding = TC_BMP_RLE4
    case .bytes(let order):
      picture.coding = TC_BMP_BYTES
      picture.order = (order[0], order[1], order[2], order[3])
    }
    var conversion = conversion(from: tc_bmp_source_layout(&picture), to: layout, alpha: alpha)
    return stored.palette.withUnsafeBufferPointer { palette in
      conversion.palette = palette.baseAddress
      return tc_bmp_decode(
        bytes.bytePointer, bytes.count, &picture, &conversion, fills, target, stride, &error)
    }
  }
}
