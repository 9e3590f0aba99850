import Tessera

let pipeline = try Pipeline(text: "resize(64)|center_crop(48)|to_tensor|normalize(imagenet)")
print(try pipeline.tensor(contentsOf: CommandLine.arguments[1]).shape)
