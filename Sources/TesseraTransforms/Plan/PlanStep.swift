import TesseraCore

/// What a plan does between its head and its last pass: an operation, or several that are one table.
enum PlanStep: Sendable {
  case operation(any Operation)
  /// At least two neighbours.
  case points([any PointOperation])

  /// The steps for a list of operations: neighbours that map each byte by a table become one.
  static func fused(_ operations: some Sequence<any Operation>) -> [PlanStep] {
    var steps: [PlanStep] = []
    for operation in operations {
      guard let point = operation as? any PointOperation else {
        steps.append(.operation(operation))
        continue
      }
      switch steps.last {
      case .points(let before)?: steps[steps.count - 1] = .points(before + [point])
      case .operation(let before as any PointOperation)?: steps[steps.count - 1] = .points([before, point])
      default: steps.append(.operation(point))
      }
    }
    return steps
  }

  /// Why an operation changes nothing on a picture; nil where it may change something.
  static func reasonToLeaveOut(_ operation: any Operation, _ before: PictureInfo) -> String? {
    switch operation {
    case is ConvertToRGB where before.format == .rgb: "the picture is RGB already"
    case let gray as Grayscale where before.format == .gray && gray.outputChannels == 1:
      "the picture is gray already"
    case let crop as Crop where crop.rect == Rect(before.size): "it keeps all of the picture"
    case let resize as ResizeTo where resize.size == before.size && resize.box == nil:
      "the picture has that size already"
    default: nil
    }
  }

  /// The operations of a draw that change something (`reasonToLeaveOut`); a crop of a padded picture becomes a crop that is padded, so that less is
  /// decoded and copied.
  static func effective(_ draw: Draw) -> [any Operation] {
    var kept: [(operation: any Operation, input: Size)] = []
    kept.reserveCapacity(draw.operations.count)
    var before = draw.input
    for (operation, after) in zip(draw.operations, draw.infos) {
      defer { before = after }
      if reasonToLeaveOut(operation, before) != nil { continue }
      if let crop = operation as? Crop, let last = kept.last, let pad = last.operation as? Pad,
        let (inner, rest) = pad.cut(to: crop.rect, of: last.input)
      {
        kept.removeLast()
        if inner != Rect(last.input) { kept.append((Crop(inner), last.input)) }
        if !rest.padding.isZero { kept.append((rest, inner.size)) }
      } else {
        kept.append((operation, before.size))
      }
    }
    return kept.map(\.operation)
  }

  /// The list without the table operations that nothing but crops and flips follows, and those in their order: a crop
  /// and a flip move values and a table changes them, so either may come first.
  static func withoutLastPoints(
    _ operations: ArraySlice<any Operation>
  ) -> (rest: [any Operation], points: [any PointOperation]) {
    var rest = Array(operations)
    var points: [any PointOperation] = []
    for index in rest.indices.reversed() {
      if let point = rest[index] as? any PointOperation {
        points.insert(point, at: 0)
        rest.remove(at: index)
      } else if !(rest[index] is Crop || rest[index] is HorizontalFlip) {
        break
      }
    }
    return (rest, points)
  }

  /// One table for all of `points`.
  static func table(of points: [any PointOperation]) -> [UInt8] {
    points.reduce(Image.identityTable) { table, point in
      let next = point.table
      return table.map { next[Int($0)] }
    }
  }

  /// As pipeline text.
  var text: String {
    switch self {
    case .operation(let operation): Self.text([operation])
    case .points(let points): "table[\(Self.text(points))]"
    }
  }

  static func text(_ operations: some Sequence<any Operation>) -> String {
    PipelinePrinter.text(operations.map { TransformRegistry.node(of: $0) })
  }
}

extension Draw {
  /// The format of the picture that becomes a tensor.
  var formatBeforeConversion: PixelFormat {
    guard let at = operations.firstIndex(where: { $0 is any ConversionOperation }), at > 0 else {
      return input.format
    }
    return infos[at - 1].format
  }
}
