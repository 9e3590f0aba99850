/// Steps as text, with numbers that mostly can be.
enum PlanSteps {
  /// A step, its form and its numbers chosen by the input.
  static func step(_ input: inout Input) -> String {
    var rest = input.one(of: forms)[...]
    var text = ""
    while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
      text += rest[..<open]
      text += value(rest[rest.index(after: open)..<close], &input)
      rest = rest[rest.index(after: close)...]
    }
    return text + rest
  }

  private static let filters = [
    "nearest", "box", "bilinear", "hamming", "bicubic", "lanczos", "mks2013", "mks2021",
  ]

  private static func value(_ kind: Substring, _ input: inout Input) -> String {
    switch kind {
    case "side": "\(1 + input.number(below: 60))"
    case "far": "\(60 + input.number(below: 60))"
    case "place": "\(input.number(below: 30))"
    case "shift": "\(input.number(below: 30) - 15)"
    case "byte": "\(input.byte())"
    case "bits": "\(1 + input.number(below: 8))"
    case "odd": "\(1 + 2 * input.number(below: 5))"
    case "part": "\(Double(input.number(below: 160)) / 8)"
    case "factor": "\(Double(1 + input.number(below: 40)) / 10)"
    case "hue": "\(Double(input.number(below: 11) - 5) / 10)"
    case "angle": "\(Double(input.number(below: 1440)) / 2 - 360)"
    case "turn": input.one(of: ["90", "180", "270", "-90", "0", "45"])
    case "flag": input.byte() % 2 == 0 ? "true" : "false"
    case "filter": input.one(of: filters)
    case "motion": input.one(of: ["nearest", "bilinear", "bicubic"])
    case "edge": input.one(of: ["constant", "edge", "reflect", "symmetric"])
    case "type": input.one(of: ["float16", "bfloat16", "float32"])
    case "pillow": input.one(of: ["pillow@11", "pillow@12.3", "pillow@13"])
    default: "0"
    }
  }

  private static let forms = resizing + cutting + turning + colouring + ending

  private static let resizing = [
    "resize(<side>, filter: <filter>)", "resize([<side>, <side>], filter: <filter>)",
    "resize(<side>, max_size: <far>, filter: <filter>)",
    "resize_to(<side>, <side>, filter: <filter>, box: [<part>, <part>, 2<part>, 2<part>])",
    "resize_to(<side>, <side>, filter: <filter>, reducing_gap: <factor>)",
    "random_resized_crop([<side>, <side>], filter: <filter>)", "random_resize(<side>, <far>)",
    "letterbox(<side>)", "smart_resize(factor: <bits>, min_pixels: 64, max_pixels: 4096)",
    "resampling(<pillow>)", "any_res_tiles",
  ]

  private static let cutting = [
    "crop(<place>, <place>, <side>, <side>)", "crop(<place>, 0, <bits>, <side>)",
    "center_crop([<side>, <side>])",
    "center_crop(<side>, rounding: floor)",
    "random_crop([<side>, <side>], padding: <place>, pad_if_needed: true)",
    "pad([<place>, <place>, <place>, <place>], fill: <byte>)", "pad(<place>, padding_mode: <edge>)",
    "pad([<shift>, <shift>, <shift>, <place>])", "pad_to_square", "five_crop(<side>)", "ten_crop(<side>)",
    "random_zoom_out(probability: 1)",
  ]

  private static let turning = [
    "horizontal_flip", "vertical_flip", "random_horizontal_flip", "horizontal_flip",
    "rotate(<angle>, filter: <motion>, expand: <flag>)", "rotate(<turn>, expand: <flag>)",
    "affine(<angle>, translate: [<shift>, <shift>], scale: <factor>, shear: [<place>, 0], filter: <motion>, fill: <byte>)",
    "perspective([1, 0.0<bits>, <shift>, 0.02, <factor>, 0, 0.001, 0], filter: <motion>)",
    "random_perspective(probability: 1)", "elastic_transform(alpha: <side>, sigma: 3)",
  ]

  private static let colouring = [
    "invert", "autocontrast", "equalize", "grayscale", "grayscale(3)", "convert_rgb", "posterize(<bits>)",
    "solarize(<byte>)", "adjust_brightness(<factor>)", "adjust_contrast(<factor>)",
    "adjust_saturation(<factor>)",
    "adjust_sharpness(<factor>)", "adjust_hue(<hue>)", "permute_channels([2, 0, 1])",
    "gaussian_blur_fixed(<odd>, <factor>)", "jpeg_compress(<side>)", "rand_augment", "aug_mix",
    "color_jitter(brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1)",
    "mix(0.5, [0.25, 0.25], [[invert], [posterize(<bits>), solarize(<byte>)]])",
  ]

  private static let ending = [
    "to_tensor", "pil_to_tensor", "rescale", "to_tensor|normalize(imagenet)", "to_tensor|normalize(half)",
    "horizontal_flip|to_tensor|normalize(half)", "to_dtype(<type>)", "to_dtype(uint8, scale: true)",
    "to_tensor|random_erasing(probability: 1)", "erase(<place>, <place>, <side>, <side>, value: 0.5)",
    "denormalize(clip)", "smart_resize(factor: 28)|to_tensor|qwen_patches",
  ]
}
