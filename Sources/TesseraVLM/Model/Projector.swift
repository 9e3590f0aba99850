// Shapes: B pictures, N tokens of the tower, M tokens of the decoder, V width of the tower's features, D the decoder's.

/// What brings the tower's tokens into the decoder's space.
public struct Projector: Sendable {
  private enum Layers: Sendable {
    case mlp(Linear, Activation, Linear)
    case pixelShuffle(factor: Int, Linear)
  }

  private let layers: Layers

  static let prefix = "multi_modal_projector."

  public init(_ config: LlavaConfig, _ parameters: ModelParameters) {
    switch config.projector {
    case .mlp:
      layers = .mlp(
        parameters.linear("\(Self.prefix)linear_1"), config.projectorActivation,
        parameters.linear("\(Self.prefix)linear_2"))
    case .pixelShuffle(let factor):
      layers = .pixelShuffle(factor: factor, parameters.linear("\(Self.prefix)linear"))
    }
  }

  /// - Shape: `[B, N, V]` → `[B, M, D]`; M is N, or N over the factor's square.
  /// - Parameter grid: rows and columns of the patches, which only shuffling needs.
  public func callAsFunction(_ x_BNV: TorchTensor, grid: (rows: Int, columns: Int)) -> TorchTensor {
    switch layers {
    case .mlp(let first, let activation, let second):
      return second(activation(first(Self.typed(x_BNV, first))))
    case .pixelShuffle(let factor, let linear):
      return linear(Self.shuffle(Self.typed(x_BNV, linear), grid: grid, factor: factor))
    }
  }

  /// A projector that is trained is float32, also between parts of a half type.
  private static func typed(_ x: TorchTensor, _ layer: Linear) -> TorchTensor {
    x.type == layer.weight.type || TorchTensor.isAutocasting(on: x.device) ? x : x.to(layer.weight.type)
  }

  /// Puts squares of neighbouring tokens side by side, row by row inside of a square.
  ///
  /// - Shape: `[B, rows · columns, V]` → `[B, rows / f · columns / f, f · f · V]`.
  static func shuffle(_ x_BNV: TorchTensor, grid: (rows: Int, columns: Int), factor: Int) -> TorchTensor {
    let (batch, width) = (x_BNV.size(0), x_BNV.size(2))
    let (rows, columns) = (grid.rows / factor, grid.columns / factor)
    return x_BNV.reshape(batch, rows, factor, columns, factor, width).permute(0, 1, 3, 2, 4, 5)
      .reshape(batch, rows * columns, factor * factor * width)
  }
}
