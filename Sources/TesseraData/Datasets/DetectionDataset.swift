public import TesseraCodecs
public import TesseraCore

/// Pictures with boxes and masks from a COCO file.
///
///     let train = try DetectionDataset("instances_train2017.json", images: "train2017", masks: .instances)
///
/// Sample *i* is the picture with the *i*-th smallest id, as in torchvision's `CocoDetection`; its annotations stand
/// in the file's order. Categories are sorted by id and numbered from 0. A box `[x, y, width, height]` becomes its four
/// edges. The picture's id is the tensor `image_id` (a scalar), for evaluation.
///
/// **Orientation.** COCO's numbers refer to the picture as it is stored. Decoding turns pictures as EXIF says
/// (`DecodePolicy.Orientation.apply`), so boxes and masks are turned with them; for that the picture's header is read
/// when a sample with annotations is asked for, and a picture of another size than the file says is an error. With
/// `orientation: .ignore`, for recipes whose policy is `.pillow`, nothing is turned and no header read.
///
/// The file is scanned once, and a record parsed when it is asked for; in memory are some 28 bytes an annotation and 60
/// a picture. A record that cannot be used (a negative size, an unknown category, a segmentation of another size) is
/// the error of its sample; `validate` lists them all, and the annotations of pictures that are not in the file.
public struct DetectionDataset: Dataset {
  /// What masks a sample gets: gray pictures of its size, 0 outside of all objects. Later objects cover earlier ones.
  public enum Masks: String, Sendable, Hashable, Codable, CaseIterable {
    case none
    /// One mask; an object's value is its box's place in the list, from 1.
    case instances
    /// One mask; an object's value is its label plus 1.
    case categories
    /// A mask for each box, in the same order, 1 inside: what lies behind something else is kept.
    case separate
  }

  private let file: COCOFile
  private let root: String
  private let masks: Masks
  private let includesCrowds: Bool
  private let orientation: DecodePolicy.Orientation
  private let limits: DecodeLimits
  private let memo = Memo<Fingerprint>()

  /// Opens a COCO file.
  ///
  /// - Parameters:
  ///   - annotations: the JSON file.
  ///   - images: the folder of the pictures; by default the file's own.
  ///   - masks: what becomes of the segmentations.
  ///   - includesCrowds: also the regions marked `iscrowd`, which stand for many objects.
  ///   - orientation: what decoding does with EXIF's orientation: that of the recipe's policy.
  ///   - limits: on a mask's pixels; the separate ones of a picture may have eight times as many together.
  /// - Throws: `io`; `corrupt` or `truncated` for a file that is no COCO file or breaks off: half of the annotations
  ///   would be wrong for every picture; `limitExceeded` for over 255 categories with `masks: .categories`.
  /// - Complexity: O(bytes).
  public init(
    _ annotations: String, images: String? = nil, masks: Masks = .none, includesCrowds: Bool = false,
    orientation: DecodePolicy.Orientation = .apply, limits: DecodeLimits = DecodeLimits()
  ) throws {
    do {
      file = try COCOFile(annotations)
      if masks == .categories && file.classes.count > 255 {
        throw TesseraError(
          .limitExceeded(what: "categories in a mask of bytes", limit: 255, found: file.classes.count))
      }
    } catch let error as TesseraError {
      throw error.with(path: annotations, stage: .list)
    }
    let folder = images ?? annotations.lastIndex(of: "/").map { String(annotations[...$0]) } ?? ""
    root = folder.isEmpty || folder.hasSuffix("/") ? folder : folder + "/"
    self.masks = masks
    self.includesCrowds = includesCrowds
    self.orientation = orientation
    self.limits = limits
  }

  public var count: Int { file.pictures.count }
  public var classes: [String] { file.classes }
  public func label(at index: Int) throws -> Int? { nil }

  /// - Throws: what is wrong with the picture's record or one of its annotations; with `orientation: .apply` also what
  ///   is wrong with the picture's header.
  public func sample(at index: Int) throws -> Sample {
    let picture = file.pictures[index]
    let (name, size) = try image(picture)
    let path = name.hasPrefix("/") ? name : root + name
    var sample = Sample(.file(path), name: name)
    sample.tensors["image_id"] = .int64(Tensor(shape: [], [Int64(picture.id)]))
    sample.annotations = try annotations(of: index, name, size)
    if orientation == .apply && !sample.annotations.isEmpty {
      try turn(&sample.annotations, path: path, size)
    }
    return sample
  }

  /// The name and, where the record has it, the size of a picture.
  private func image(_ picture: COCOFile.Picture) throws -> (name: String, size: Size?) {
    let record = try file.imageRecord(picture.record)
    return try file.named("image \(picture.record + 1)") {
      guard case .int(let id)? = record["id"] else { throw Self.fault("id must be a whole number") }
      guard picture.isGood else { throw Self.fault("another picture has the id \(id)") }
      guard case .string(let name)? = record["file_name"], !name.isEmpty, !name.utf8.contains(0) else {
        throw Self.fault("file_name must be a path")
      }
      guard let width = record["width"], let height = record["height"], !width.isNull || !height.isNull else {
        return (name, nil)
      }
      guard case .int(let w) = width, case .int(let h) = height, w > 0, h > 0 else {
        throw Self.fault("width and height must be whole numbers above 0")
      }
      return (name, Size(width: w, height: h))
    }
  }

  private static func fault(_ detail: String) -> TesseraError {
    TesseraError(.corrupt(format: "the record", detail: detail))
  }

  // MARK: boxes and masks

  private func annotations(of index: Int, _ name: String, _ size: Size?) throws -> Annotations {
    var objects: [COCOAnnotation] = []
    var numbers: [UInt32] = []
    for number in file.annotations(of: index) {
      try file.named("annotation \(number + 1) of \(name)") {
        var object = try COCOAnnotation(file.annotationRecord(number))
        if object.isCrowd && !includesCrowds { return }
        guard let label = file.labels[object.categoryID] else {
          throw COCOAnnotation.fault("no category has the id \(object.categoryID)")
        }
        object.box.label = label
        objects.append(object)
        numbers.append(number)
      }
    }
    var annotations = Annotations(boxes: objects.map(\.box))
    if masks != .none {
      annotations.masks = try file.named("the masks of \(name)") {
        guard let size else { throw Self.fault("masks need the picture's width and height") }
        return try draw(objects, numbers, size)
      }
    }
    return annotations
  }

  /// Masks of their own may have so many times the pixels that one may have.
  private static let separateMasks = 8

  private func draw(_ objects: [COCOAnnotation], _ numbers: [UInt32], _ size: Size) throws -> [Image] {
    let pixels = size.width.multipliedReportingOverflow(by: size.height)
    guard !pixels.overflow, pixels.partialValue <= limits.pixels else {
      throw TesseraError(
        .limitExceeded(
          what: "pixels of a mask", limit: limits.pixels, found: pixels.overflow ? .max : pixels.partialValue)
      )
    }
    guard masks != .instances || objects.count <= 255 else {
      throw TesseraError(.limitExceeded(what: "objects in a mask of bytes", limit: 255, found: objects.count))
    }
    let all = pixels.partialValue.multipliedReportingOverflow(by: masks == .separate ? objects.count : 1)
    let (most, isOver) = limits.pixels.multipliedReportingOverflow(by: Self.separateMasks)
    guard !all.overflow, isOver || all.partialValue <= most else {
      throw TesseraError(
        .limitExceeded(
          what: "pixels of \(objects.count) masks", limit: most, found: all.overflow ? .max : all.partialValue
        ))
    }
    var budget = MaskBudget()
    var drawn: [Image] = []
    var together = Image(size: size, format: .gray)
    for (place, object) in objects.enumerated() {
      let value =
        switch masks {
        case .instances: place + 1
        case .categories: object.box.label + 1
        case .separate, .none: 1
        }
      func paint(on image: inout Image) throws {
        try file.named("annotation \(numbers[place] + 1)") {
          try image.withUnsafeMutableBytes {
            try object.paint(UInt8(value), on: $0.bindMemory(to: UInt8.self), size, &budget)
          }
        }
      }
      if masks == .separate {
        var mask = Image(size: size, format: .gray)
        try paint(on: &mask)
        drawn.append(mask)
      } else {
        try paint(on: &together)
      }
    }
    return masks == .separate ? drawn : [together]
  }

  /// Turns boxes and masks as decoding will turn the picture.
  private func turn(_ annotations: inout Annotations, path: String, _ size: Size?) throws {
    let header: ImageHeader
    do { header = try ImageHeader(path: path) } catch let error as TesseraError {
      throw error.with(path: path, stage: .header)
    }
    if let size, size != header.size {
      throw TesseraError(
        .corrupt(
          format: "the COCO file", detail: "it says \(size) of a picture that is stored as \(header.size)"),
        path: path, stage: .header)
    }
    let turn = header.orientation
    guard turn != .upright else { return }
    annotations.boxes = annotations.boxes.map { box in
      let a = turn.move(Point(x: box.left, y: box.top), in: header.size)
      let b = turn.move(Point(x: box.right, y: box.bottom), in: header.size)
      return BoundingBox(
        left: min(a.x, b.x), top: min(a.y, b.y), right: max(a.x, b.x), bottom: max(a.y, b.y), label: box.label
      )
    }
    annotations.masks = annotations.masks.map { $0.oriented(turn) }
  }

  // MARK: faults and fingerprint

  /// Annotations whose picture is not in the file, or which cannot be read: an error each.
  public var orphans: [TesseraError] {
    file.orphans.map { number in
      do {
        return try file.named("annotation \(number + 1)") {
          let record = try file.annotationRecord(number)
          guard case .int(let id)? = record["image_id"] else {
            throw COCOAnnotation.fault("image_id must be a whole number")
          }
          throw COCOAnnotation.fault("no picture has the id \(id)")
        }
      } catch { return TesseraError(wrapping: error) }
    }
  }

  /// All that is wrong: of each sample, with its index, then the annotations without a picture.
  ///
  /// - Parameter checkingFiles: also look whether each picture's file is there.
  public func validate(checkingFiles: Bool = true) -> [TesseraError] {
    faultsOfSamples(checkingFiles: checkingFiles) + orphans
  }

  /// The file's bytes, the arguments, and the size of every picture. Worked out once.
  public func fingerprint() throws -> Fingerprint {
    try memo.value {
      var digest = Digest()
      for part in ["detection", masks.rawValue, "\(includesCrowds)", orientation.rawValue] {
        digest.update(part)
      }
      try file.file.update(&digest)
      for picture in file.pictures {
        // What is wrong with a record is in the file's bytes already.
        guard let name = try? image(picture).name else { continue }
        digest.update(try FileIO.sizeIfThere(name.hasPrefix("/") ? name : root + name) ?? -1)
      }
      return Fingerprint(digest)
    }
  }
}
