import TesseraCore

/// The end of a pipeline as one pass: mirror, convert, scale, normalise, round and lay out.
///
/// For 8-bit pictures any chain of steps that treats each value by itself is a table of 256 entries a channel.
/// The tables are made by the steps themselves from a ramp of all values, so the pass has their very bits.
struct TensorPass: Sendable {
  /// What the pass stands for: maps of bytes, a conversion, maps of the tensor's values.
  let operations: [any Operation]
  let format: PixelFormat
  /// `[C, 1, 256]`, elements of 1, 2 or 4 bytes.
  private let tables: AnyTensor

  /// The pass for operations that begin with a conversion, and the maps of bytes before it, or nil if they cannot be a
  /// table.
  init?(
    _ points: [any PointOperation], _ operations: ArraySlice<any Operation>, format: PixelFormat
  ) throws {
    guard format != .gray16, let conversion = operations.first as? any ConversionOperation else { return nil }
    var ramp = Image(size: Size(width: 256, height: 1), format: format) { bytes in
      for i in bytes.indices { bytes[i] = UInt8(i / format.channels) }
    }
    for point in points { ramp = try point.apply(to: ramp) }
    var tables = try conversion.tensor(from: ramp)
    guard Self.isTable(tables, format) else { return nil }
    var count = 1
    for operation in operations.dropFirst() {
      guard let pointwise = operation as? any PointwiseTensorOperation else { break }
      let next = try pointwise.apply(to: tables)
      guard Self.isTable(next, format) else { break }
      tables = next
      count += 1
    }
    self.init(operations: points + operations.prefix(count), format: format, tables: tables)
  }

  private init(operations: [any Operation], format: PixelFormat, tables: AnyTensor) {
    self.operations = operations
    self.format = format
    self.tables = tables
  }

  private static func isTable(_ tensor: AnyTensor, _ format: PixelFormat) -> Bool {
    tensor.shape == [format.channels, 1, 256] && tensor.dataType.byteCount <= 4
  }

  var dataType: DataType { tables.dataType }

  /// The pass with its elements rounded to another floating-point type as `ToDType` does it; nil where integers
  /// would become floats or the other way round.
  func converted(to dataType: DataType) throws -> TensorPass? {
    if dataType == tables.dataType { return self }
    guard dataType.isFloatingPoint, tables.dataType.isFloatingPoint else { return nil }
    return TensorPass(
      operations: operations, format: format, tables: try ToDType(dataType).apply(to: tables))
  }

  /// Writes all windows, one after another: `[C, H, W]` each, or `[H, W, C]`.
  func write(_ windows: [ImageWindow], isChannelsLast: Bool, to target: UnsafeMutableRawPointer) {
    var place = target
    tables.withUnsafeBytes { table in
      for window in windows {
        window.image.spread(
          window.region, mirrored: window.isMirrored, through: table.baseAddress,
          elementBytes: dataType.byteCount, isInterleaved: isChannelsLast, into: place)
        place += window.size.area * format.channels * dataType.byteCount
      }
    }
  }

  /// Shape and type of what comes out: `[C, H, W]` (or `[H, W, C]`) of one window, with the number of views before it
  /// of several.
  func info(_ windows: [ImageWindow], isViews: Bool, isChannelsLast: Bool = false) -> TensorInfo {
    let size = windows.first?.size ?? Size(0)
    var shape: [Int] = []
    shape.reserveCapacity(4)
    if isViews { shape.append(windows.count) }
    if !isChannelsLast { shape.append(format.channels) }
    shape.append(size.height)
    shape.append(size.width)
    if isChannelsLast { shape.append(format.channels) }
    return TensorInfo(shape: shape, dataType: dataType)
  }

  /// The tensor of one window, or of several views.
  func tensor(_ windows: [ImageWindow], isViews: Bool) -> AnyTensor {
    let info = info(windows, isViews: isViews)
    let block = MemoryBlock(byteCount: info.byteCount)
    write(windows, isChannelsLast: false, to: block.base)
    return AnyTensor(shape: info.shape, dataType: info.dataType, block: block)
  }
}
