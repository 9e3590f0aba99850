import Tessera

let pipeline = Pipeline {
  RandomResizedCrop(96)
  RandomHorizontalFlip()
  ColorJitter(brightness: 0.4, hue: 0.1)
}
let image = try ImageDecoder().decode(path: "samples/photos/animals/cat.jpg")
let box = BoundingBox(left: 60, top: 100, right: 150, bottom: 220, label: 1)
let info = PictureInfo(size: image.size, format: image.format, boxes: [box])

let draw = try pipeline.draw(for: info, using: RandomStream(seed: 42, epoch: 0, sample: 7))
print(draw.pipeline.text)  // crop(27, 122, 153, 162)|resize_to(96, 96, …)|horizontal_flip|adjust_…
let output = try Plan(draw).execute(on: image, annotations: Annotations(boxes: [box]))
print(output.annotations.boxes)  // the box has moved with the picture

let again = try Pipeline(text: draw.pipeline.text)  // a replay: nothing is left to chance
print(try again.apply(to: image).value == output.value)  // true
