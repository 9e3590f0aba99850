import TesseraCore

/// The picture on its way through a plan.
enum PlanState {
  case windows([ImageWindow], isViews: Bool)
  case tensor(AnyTensor)

  mutating func apply(_ step: PlanStep) throws {
    switch step {
    case .operation(let operation): try apply(operation)
    case .points(let points):
      guard case .windows(let windows, let isViews) = self else {
        throw Draw.misplaced(points[0], isTensor: true)
      }
      let table = PlanStep.table(of: points)
      self = .windows(
        try windows.map { ImageWindow(try $0.materialised().mapped(through: table)) }, isViews: isViews)
    }
  }

  mutating func apply(_ operation: any Operation) throws {
    switch self {
    case .windows(var windows, let isViews):
      switch operation {
      case let crop as Crop:
        for i in windows.indices { windows[i].narrow(to: crop.rect) }
      case is HorizontalFlip:
        for i in windows.indices { windows[i].mirror() }
      case let operation as any RegionOperation:
        windows = try windows.map { window in
          let plain = try window.unmirrored()
          return ImageWindow(try operation.apply(to: plain.image, region: plain.region))
        }
      case let operation as any ImageOperation:
        windows = try windows.map { ImageWindow(try operation.apply(to: $0.materialised())) }
      case let operation as any ViewsOperation where !isViews:
        let views = try operation.apply(to: windows[0].materialised())
        self = .windows(views.map { ImageWindow($0) }, isViews: true)
        return
      case is any AnnotationOperation: break
      case let conversion as any ConversionOperation:
        let tensors = try windows.map { try conversion.tensor(from: $0.materialised()) }
        self = .tensor(isViews ? try AnyTensor.stack(tensors) : tensors[0])
        return
      default: throw Draw.misplaced(operation, isTensor: false)
      }
      self = .windows(windows, isViews: isViews)
    case .tensor(let tensor):
      guard let operation = operation as? any TensorOperation else {
        throw Draw.misplaced(operation, isTensor: true)
      }
      self = .tensor(try operation.apply(to: tensor))
    }
  }

  func value() throws -> PipelineOutput.Value {
    switch self {
    case .windows(let windows, false): .image(try windows[0].materialised())
    case .windows(let windows, true): .views(try windows.map { try $0.materialised() })
    case .tensor(let tensor): .tensor(tensor)
    }
  }
}
