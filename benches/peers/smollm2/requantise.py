"""The model with all its matrices in Q8_0, as they lie in our memory: requantise.py FILE OUTPUT."""

import sys

import numpy
from gguf import GGMLQuantizationType as Type, GGUFReader, GGUFValueType, GGUFWriter, quants


def main():
    reader = GGUFReader(sys.argv[1])
    writer = GGUFWriter(sys.argv[2], reader.fields["general.architecture"].contents())
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name == "general.architecture":
            continue
        kind = field.types[0]
        writer.add_key_value(name, field.contents(), kind, field.types[-1] if kind == GGUFValueType.ARRAY else None)
    for tensor in reader.tensors:
        if tensor.tensor_type == Type.Q4_1:
            packed = quants.quantize(quants.dequantize(tensor.data, tensor.tensor_type), Type.Q8_0)
            writer.add_tensor(tensor.name, packed, raw_dtype=Type.Q8_0)
        elif tensor.tensor_type == Type.F32:
            writer.add_tensor(tensor.name, numpy.array(tensor.data))
        else:
            writer.add_tensor(tensor.name, numpy.array(tensor.data), raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
