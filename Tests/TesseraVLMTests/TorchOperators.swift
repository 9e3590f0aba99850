import TesseraVLM

/// What `Tests/Golden/torch/make.py` does in Python, case by case, through the Swift face.
enum TorchOperators {
  typealias Operation = @Sendable ([TorchTensor]) -> [TorchTensor]

  static let table: [String: Operation] = elementwise.merging(reductions) { a, _ in a }
    .merging(shapes) { a, _ in a }.merging(lookups) { a, _ in a }.merging(layers) { a, _ in a }

  private static func unary(_ body: @escaping @Sendable (TorchTensor) -> TorchTensor) -> Operation {
    { [body($0[0])] }
  }

  private static func list(_ body: @escaping @Sendable (TorchTensor) -> [TorchTensor]) -> Operation {
    { body($0[0]) }
  }

  private static let elementwise: [String: Operation] = [
    "exp": unary { $0.exp() }, "expm1": unary { $0.expm1() }, "log": unary { $0.log() },
    "log1p": unary { $0.log1p() }, "sqrt": unary { $0.sqrt() }, "rsqrt": unary { $0.rsqrt() },
    "reciprocal": unary { $0.reciprocal() }, "square": unary { $0.square() }, "abs": unary { $0.abs() },
    "sign": unary { $0.sign() }, "floor": unary { $0.floor() }, "ceil": unary { $0.ceil() },
    "round": unary { $0.round() }, "sin": unary { $0.sin() }, "cos": unary { $0.cos() },
    "tanh": unary { $0.tanh() }, "erf": unary { $0.erf() }, "sigmoid": unary { $0.sigmoid() },
    "logSigmoid": unary { $0.logSigmoid() }, "softplus": unary { $0.softplus() }, "relu": unary { $0.relu() },
    "silu": unary { $0.silu() }, "gelu": unary { $0.gelu() }, "geluTanh": unary { $0.gelu(tanh: true) },
    "quickGelu": unary { $0.quickGelu() }, "neg": unary { -$0 }, "pow3": unary { $0.pow(3) },
    "clamp": unary { $0.clamp(min: -1, max: 0.5) }, "scalars": unary { (2 - ($0 + 1) * 3) / 4 },
    "scalarOver": unary { 2 / $0 }, "remainder": unary { $0.remainder(0.75) },
    "floorDivide": unary { $0.floorDivide(0.75) },
    "arithmetic": { t in
      let (a, b) = (t[0], t[1])
      return [a + b, a - b, a * b, a / b, a.maximum(b), a.minimum(b), a.abs().pow(b)]
    },
    "comparison": { t in
      let (a, b) = (t[0], t[1])
      let less = a .< b
      return [a .== b, a .!= b, less, a .<= b, a .> b, a .>= b, less .& (a .> 0), less .| (a .> 0), .!less]
    },
    "where": { [TorchTensor.where($0[0] .> $0[1], $0[0], $0[1])] },
  ]

  private static let reductions: [String: Operation] = [
    "sum": list { [$0.sum(), $0.sum(0), $0.sum(1, keepAxes: true), $0.sum(0, 1)] },
    "mean": list { [$0.mean(), $0.mean(-1), $0.mean(0, keepAxes: true)] },
    "max": list { x in
      let (greatest, least) = (x.max(1), x.min(0))
      return [x.max(), greatest.values, greatest.indices, x.min(), least.values, least.indices]
    },
    "argmax": list { [$0.argmax(-1), $0.argmax(0, keepAxis: true)] },
    "topK": list { x in
      let top = x.topK(3)
      return [top.values, top.indices]
    },
    "sort": list { x in
      let (rising, falling) = (x.sort(), x.sort(0, descending: true))
      return [rising.values, rising.indices, falling.values, falling.indices]
    },
    "cumsum": unary { $0.cumsum(1) }, "logSumExp": unary { $0.logSumExp(1) },
    "variance": list { [$0.variance(), $0.variance(1, correction: 0, keepAxis: true)] },
    "norm": unary { $0.norm() },
    "softmax": list { [$0.softmax(-1), $0.softmax(0)] }, "logSoftmax": unary { $0.logSoftmax(1) },
  ]

  private static let shapes: [String: Operation] = [
    "tril": list { [$0.tril(), $0.triu(1), $0.tril(-1)] }, "flip": unary { $0.flip(0, 1) },
    "transpose": list {
      [
        $0.transpose(0, 1), $0.reshape(5, 3), $0.flatten(), $0.unsqueeze(1), $0[1],
        $0.slice(1, 1..<4, step: 2),
        $0[1..<3],
      ]
    },
    "permute": unary { $0.permute(2, 0, 1) },
    "repeat": list { [$0.repeat(2, 3), $0.repeatInterleave(2, axis: 1), $0[0..<1].expand(4, 5)] },
    "chunk": list { $0.chunk(2) + $0.split([1, 4], axis: 1) },
    "cat": { [TorchTensor.cat([$0[0], $0[1]]), TorchTensor.stack([$0[0][0..<2], $0[1]], axis: 1)] },
  ]

  private static let lookups: [String: Operation] = [
    "nonzero": unary { ($0 .> 0).nonzero() }, "maskedSelect": unary { $0.maskedSelect($0 .> 0) },
    "maskedFill": unary { $0.maskedFill($0 .> 0, -7) },
    "maskedScatter": { [$0[0].maskedScatter($0[0] .> 0, $0[1])] },
    "embedding": { [$0[0].embedding($0[1].to(.int64))] },
    "indexSelect": { [$0[0].indexSelect(1, $0[1].to(.int64))] },
    "gather": { [$0[0].gather(1, $0[1].to(.int64))] },
    "scatter": { t in
      let indices = t[1].to(.int64)
      return [
        t[0].scatter(1, indices, t[2]), t[0].scatter(1, indices, value: 9), t[0].scatterAdd(1, indices, t[2]),
      ]
    },
    "indexCopy": { t in
      let indices = t[1].to(.int64)
      return [t[0].indexCopy(0, indices, t[2]), t[0].indexAdd(0, indices, t[2])]
    },
  ]

  private static let layers: [String: Operation] = [
    "matmul": { [$0[0].matmul($0[1])] }, "linear": { [$0[0].linear($0[1], $0[2]), $0[0].linear($0[1])] },
    "layerNorm": { [$0[0].layerNorm($0[1], $0[2], eps: 0.01)] },
    "rmsNorm": { [$0[0].rmsNorm($0[1], eps: 0.01)] },
    "rmsNormHalf": { [$0[0].to(.bfloat16).rmsNorm($0[1].to(.bfloat16), eps: 0.01)] },
    "rotary": { [$0[0].rotary(cos: $0[1], sin: $0[2])] },
    "conv2d": {
      [$0[0].conv2d($0[1], $0[2], stride: (2, 2)), $0[0].conv2d($0[1], stride: (2, 1), padding: (1, 0))]
    },
    "interpolate": list { x in
      [(8, 9), (3, 4)].flatMap { height, width in
        [TorchTensor.Interpolation.bilinear, .bicubic].flatMap { mode in
          [false, true].map { x.interpolate(height: height, width: width, mode, antialias: $0) }
        }
      }
    },
    "crossEntropy": { t in
      let targets = t[1].to(.int64)
      return [
        t[0].crossEntropy(targets), t[0].crossEntropy(targets, reduction: .sum),
        t[0].crossEntropy(targets, reduction: .none), t[0].crossEntropy(targets, smoothing: 0.1),
      ]
    },
    "attention": { attention($0, .composed) },
  ]

  /// Without a mask, added, boolean, causal, and causal with an added one and a scale.
  static func attention(_ t: [TorchTensor], _ kind: TorchTensor.Attention) -> [TorchTensor] {
    let (q, k, v, mask) = (t[0], t[1], t[2], t[3])
    return [
      TorchTensor.attention(q, k, v, kind), TorchTensor.attention(q, k, v, mask: mask, kind),
      TorchTensor.attention(q, k, v, mask: mask .> 0, kind),
      TorchTensor.attention(q, k, v, isCausal: true, kind),
      TorchTensor.attention(q, k, v, mask: mask, isCausal: true, scale: 0.3, kind),
    ]
  }
}
