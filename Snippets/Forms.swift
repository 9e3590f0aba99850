import Tessera

let text = "resize(256, filter: bicubic)|center_crop(224)|to_tensor|normalize(imagenet)"
let pipeline = try Pipeline(text: text)
print(pipeline.yaml, pipeline.json, pipeline.swiftSource)  // Pipeline(yaml:), Pipeline(json:) read them back

let clip = Preset.clip.pipeline  // or Pipeline(contentsOf: "preprocessor_config.json")
print(try clip.huggingFaceConfiguration())  // a step that has no words there is an error that names it

do { _ = try Pipeline(text: "resize(256, filtre: bicubic)") } catch { print(error) }
// pipeline, line 1, column 13: resize has no argument 'filtre' (did you mean 'filter'?); it takes: …
