internal import TesseraCore

/// One object of a COCO file as its record says it.
struct COCOAnnotation {
  var categoryID: Int
  var box: BoundingBox
  var isCrowd: Bool
  var segmentation: JSONValue?

  /// - Throws: `corrupt` for what is missing, of another type, negative or not finite.
  init(_ record: JSONValue) throws {
    guard case .int(let category)? = record["category_id"] else {
      throw Self.fault("category_id must be a whole number, got \(Self.kind(record["category_id"]))")
    }
    categoryID = category
    isCrowd = try Self.isCrowd(record)
    guard case .array(let values)? = record["bbox"], values.count == 4 else {
      throw Self.fault("bbox must be four numbers, got \(Self.kind(record["bbox"]))")
    }
    let numbers = try values.map { try Self.number($0, "bbox") }
    guard numbers[2] >= 0, numbers[3] >= 0 else { throw Self.fault("bbox has a negative size: \(numbers)") }
    box = BoundingBox(
      left: numbers[0], top: numbers[1], right: numbers[0] + numbers[2], bottom: numbers[1] + numbers[3])
    segmentation = record["segmentation"].flatMap { $0.isNull ? nil : $0 }
  }

  static func isCrowd(_ record: JSONValue) throws -> Bool {
    switch record["iscrowd"] {
    case nil, .null, .int(0), .bool(false): return false
    case .int(1), .bool(true): return true
    case let value?: throw fault("iscrowd must be 0 or 1, got \(value.kind)")
    }
  }

  static func fault(_ detail: String) -> TesseraError {
    TesseraError(.corrupt(format: "the annotation", detail: detail))
  }

  private static func kind(_ value: JSONValue?) -> String {
    if case .array(let values)? = value { "an array of \(values.count)" } else { value?.kind ?? "nothing" }
  }

  private static func number(_ value: JSONValue, _ name: String) throws -> Double {
    switch value {
    case .int(let number): return Double(number)
    case .double(let number): return number
    default: throw fault("\(name) must be numbers, got \(value.kind)")
    }
  }

  /// Sets the object's pixels to a value.
  ///
  /// - Throws: `corrupt` for a segmentation that is missing, of another size, or not what it must be; `limitExceeded`.
  func paint(
    _ value: UInt8, on pixels: UnsafeMutableBufferPointer<UInt8>, _ size: Size, _ budget: inout MaskBudget
  ) throws {
    switch segmentation {
    case .array(let polygons)?:
      guard !polygons.isEmpty else { throw Self.fault("segmentation has no polygon") }
      for polygon in polygons {
        guard case .array(let numbers) = polygon else {
          throw Self.fault("a polygon must be an array of numbers, got \(polygon.kind)")
        }
        try PolygonFill.paint(
          try numbers.map { try Self.number($0, "a polygon") }, value, on: pixels, size, &budget)
      }
    case .object?:
      try runLengths(size).paint(value, on: pixels, &budget)
    case let other:
      throw Self.fault("segmentation must be polygons or run lengths, got \(Self.kind(other))")
    }
  }

  private func runLengths(_ size: Size) throws -> RunLengths {
    guard case .array(let extents)? = segmentation?["size"], extents.count == 2,
      case .int(let height) = extents[0], case .int(let width) = extents[1]
    else { throw Self.fault("run lengths must have a size [height, width]") }
    guard width == size.width, height == size.height else {
      throw Self.fault("run lengths for \(width)x\(height), the picture has \(size)")
    }
    switch segmentation?["counts"] {
    case .string(let text): return try RunLengths(compressed: text, size: size)
    case .array(let values):
      let counts = try values.map { value -> Int in
        guard case .int(let count) = value else {
          throw Self.fault("counts must be whole numbers, got \(value.kind)")
        }
        return count
      }
      return try RunLengths(counts: counts, size: size)
    case let other: throw Self.fault("counts must be a string or an array, got \(Self.kind(other))")
    }
  }
}
