public import TesseraCore
