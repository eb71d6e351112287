// The kernels of the fused executor on NVIDIA GPUs, compiled at run time by NVRTC. All numbers are f32; tensors are rows of
// `width` numbers. Sums are taken in a fixed order, so that the same input gives the same bits.

typedef long long i64;
typedef unsigned long long u64;

#define KERNEL extern "C" __global__ void
// Each number: a loop over the grid, so that any grid covers any length.
#define EACH(i, n) for (i64 i = blockIdx.x * (i64)blockDim.x + threadIdx.x; i < (n); i += (i64)gridDim.x * blockDim.x)
// Each row: one warp a row.
#define EACH_ROW(row, rows) \
    for (i64 row = (blockIdx.x * (i64)blockDim.x + threadIdx.x) / 32; row < (rows); row += (i64)gridDim.x * blockDim.x / 32)
#define LANE (threadIdx.x % 32)
#define WARP 0xffffffffu
#define INFINITE __int_as_float(0x7f800000)

__device__ float warp_sum(float x) {
    for (int step = 16; step > 0; step /= 2) x += __shfl_xor_sync(WARP, x, step);
    return x;
}

// NaN if there is one.
__device__ float larger(float a, float b) { return a > b || a != a ? a : b; }

__device__ float warp_largest(float x) {
    for (int step = 16; step > 0; step /= 2) x = larger(x, __shfl_xor_sync(WARP, x, step));
    return x;
}

// Random bits of a place: SplitMix64, as on the CPU.
__device__ u64 mix(u64 seed, u64 place) {
    u64 z = seed + (place + 1) * 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

// ---- each number by itself

KERNEL fill(i64 n, float *y, float value) { EACH(i, n) y[i] = value; }
KERNEL copy_to(i64 n, float *y, const float *x) { EACH(i, n) y[i] = x[i]; }
KERNEL add_to(i64 n, float *y, const float *x) { EACH(i, n) y[i] += x[i]; }
KERNEL multiply_by(i64 n, float *y, const float *x) { EACH(i, n) y[i] *= x[i]; }

KERNEL drop_some(i64 n, float *y, const float *x, u64 seed, u64 bound, float scale) {
    EACH(i, n) y[i] = x[i] * (mix(seed, i) >> 32 < bound ? 0.0f : scale);
}

// y[i] = or += each[i % length]
KERNEL repeat(i64 n, float *y, const float *each, i64 length, int adds) {
    EACH(i, n) y[i] = adds ? y[i] + each[i % length] : each[i % length];
}

// ---- activations: 0 relu, 1 gelu, 2 gelu_tanh, 3 silu, 4 tanh, 5 sigmoid; rows: 6 softmax, 7 log_softmax; -1 none

#define ROOT 0.7978845608028654f // √(2/π)
#define CUBE 0.044715f

__device__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

__device__ float activated(float x, int kind) {
    switch (kind) {
    case 0: return x <= 0.0f ? 0.0f : x; // NaN stays
    case 1: return x * normcdff(x);
    case 2: return 0.5f * x * (1.0f + tanhf(ROOT * (x + CUBE * x * x * x)));
    case 3: return x * sigmoid(x);
    case 4: return tanhf(x);
    case 5: return sigmoid(x);
    default: return x;
    }
}

// The derivative by what was kept: the output of relu, tanh and sigmoid, the input of the others.
__device__ float derivative(float kept, int kind) {
    switch (kind) {
    case 0: return kept <= 0.0f ? 0.0f : 1.0f;
    case 1: return normcdff(kept) + kept * 0.3989422804014327f * expf(-0.5f * kept * kept);
    case 2: {
        float t = tanhf(ROOT * (kept + CUBE * kept * kept * kept));
        return 0.5f * (1.0f + t) + 0.5f * kept * (1.0f - t * t) * ROOT * (1.0f + 3.0f * CUBE * kept * kept);
    }
    case 3: {
        float s = sigmoid(kept);
        return s * (1.0f + kept * (1.0f - s));
    }
    case 4: return 1.0f - kept * kept;
    case 5: return kept * (1.0f - kept);
    default: return 1.0f;
    }
}

KERNEL activate(i64 n, float *y, const float *x, int kind) { EACH(i, n) y[i] = activated(x[i], kind); }

KERNEL activation_back(i64 n, float *to, const float *g, const float *kept, int kind) {
    EACH(i, n) to[i] = kind == 0 ? (kept[i] <= 0.0f ? 0.0f : g[i]) : g[i] * derivative(kept[i], kind);
}

KERNEL softmax(i64 rows, i64 width, float *y, const float *x, int logarithm) {
    EACH_ROW(row, rows) {
        const float *from = x + row * width;
        float *to = y + row * width;
        float most = -INFINITE, sum = 0.0f;
        for (i64 i = LANE; i < width; i += 32) most = larger(from[i], most);
        most = warp_largest(most);
        for (i64 i = LANE; i < width; i += 32) sum += expf(from[i] - most);
        sum = warp_sum(sum);
        float level = logf(sum); // not with `most`: their sum would lose the digits of large numbers
        for (i64 i = LANE; i < width; i += 32) to[i] = logarithm ? from[i] - most - level : expf(from[i] - most) / sum;
    }
}

KERNEL softmax_back(i64 rows, i64 width, float *to, const float *g, const float *y, int logarithm) {
    EACH_ROW(row, rows) {
        i64 at = row * width;
        float sum = 0.0f;
        for (i64 i = LANE; i < width; i += 32) sum += logarithm ? g[at + i] : g[at + i] * y[at + i];
        sum = warp_sum(sum);
        for (i64 i = LANE; i < width; i += 32)
            to[at + i] = logarithm ? g[at + i] - expf(y[at + i]) * sum : y[at + i] * (g[at + i] - sum);
    }
}

// ---- what is done to a product

// y = f(y + bias + skip); bias and skip may be missing.
KERNEL finish_product(i64 n, i64 width, float *y, const float *bias, const float *skip, int kind) {
    EACH(i, n) {
        float x = y[i];
        if (bias) x += bias[i % width];
        if (skip) x += skip[i];
        y[i] = activated(x, kind);
    }
}

// Sums of columns: a block of 32 × 32 threads for 32 columns.
KERNEL sum_columns(i64 rows, i64 width, float *sums, const float *x, int adds) {
    __shared__ float parts[32][33];
    i64 column = blockIdx.x * 32ll + threadIdx.x;
    float sum = 0.0f;
    if (column < width)
        for (i64 row = threadIdx.y; row < rows; row += 32) sum += x[row * width + column];
    parts[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y == 0 && column < width) {
        float total = adds ? sums[column] : 0.0f;
        for (int part = 0; part < 32; part++) total += parts[part][threadIdx.x];
        sums[column] = total;
    }
}

// ---- norms: rows become (x − mean) · inverse · weight + bias; without a bias the mean is not subtracted

KERNEL norm_rows(i64 rows, i64 width, float *y, float *moments, const float *x, const float *weight, const float *bias, float eps) {
    EACH_ROW(row, rows) {
        const float *from = x + row * width;
        float mean = 0.0f, squares = 0.0f;
        if (bias) {
            for (i64 i = LANE; i < width; i += 32) mean += from[i];
            mean = warp_sum(mean) / width;
        }
        for (i64 i = LANE; i < width; i += 32) squares += (from[i] - mean) * (from[i] - mean);
        float inverse = 1.0f / sqrtf(warp_sum(squares) / width + eps);
        for (i64 i = LANE; i < width; i += 32)
            y[row * width + i] = (from[i] - mean) * inverse * weight[i] + (bias ? bias[i] : 0.0f);
        if (LANE == 0) {
            moments[2 * row] = mean;
            moments[2 * row + 1] = inverse;
        }
    }
}

// The gradient of x, written or added; `to` may be `g`.
KERNEL norm_back(i64 rows, i64 width, float *to, const float *g, const float *x, const float *moments, const float *weight,
                 int centred, int adds) {
    EACH_ROW(row, rows) {
        i64 at = row * width;
        float mean = moments[2 * row], inverse = moments[2 * row + 1];
        float sum = 0.0f, along = 0.0f;
        for (i64 i = LANE; i < width; i += 32) {
            float scaled = g[at + i] * weight[i];
            sum += scaled;
            along += scaled * (x[at + i] - mean) * inverse;
        }
        sum = centred ? warp_sum(sum) / width : 0.0f;
        along = warp_sum(along) / width;
        for (i64 i = LANE; i < width; i += 32) {
            float normal = (x[at + i] - mean) * inverse;
            float of_x = inverse * (g[at + i] * weight[i] - sum - normal * along);
            to[at + i] = adds ? to[at + i] + of_x : of_x;
        }
    }
}

// The gradients of the weight and of the bias, which may be missing: a block of 32 × 32 threads for 32 columns.
KERNEL norm_weights_back(i64 rows, i64 width, float *of_weight, float *of_bias, const float *g, const float *x,
                         const float *moments, int weight_adds, int bias_adds) {
    __shared__ float parts[2][32][33];
    i64 column = blockIdx.x * 32ll + threadIdx.x;
    float scaled = 0.0f, plain = 0.0f;
    if (column < width)
        for (i64 row = threadIdx.y; row < rows; row += 32) {
            float of_y = g[row * width + column];
            plain += of_y;
            scaled += of_y * (x[row * width + column] - moments[2 * row]) * moments[2 * row + 1];
        }
    parts[0][threadIdx.y][threadIdx.x] = scaled;
    parts[1][threadIdx.y][threadIdx.x] = plain;
    __syncthreads();
    float *out = threadIdx.y == 0 ? of_weight : of_bias;
    if (threadIdx.y < 2 && column < width && out) {
        float total = (threadIdx.y == 0 ? weight_adds : bias_adds) ? out[column] : 0.0f;
        for (int part = 0; part < 32; part++) total += parts[threadIdx.y][part][threadIdx.x];
        out[column] = total;
    }
}

// ---- rows of tables

// Ids repeat after `count`.
KERNEL embed(i64 rows, i64 width, float *y, const float *table, const u64 *ids, i64 count, int adds) {
    EACH(i, rows * width) {
        float x = table[ids[i / width % count] * width + i % width];
        y[i] = adds ? y[i] + x : x;
    }
}

// `places` lists the rows of each id, one id after the other; `starts` where those of each begin: a block an id.
KERNEL embed_back(i64 width, float *gradient, const float *g, const u64 *ids, const u64 *starts, const u64 *places) {
    u64 id = ids[blockIdx.x], from = starts[blockIdx.x], to = starts[blockIdx.x + 1];
    for (i64 i = threadIdx.x; i < width; i += blockDim.x) {
        float sum = gradient[id * width + i];
        for (u64 at = from; at < to; at++) sum += g[places[at] * width + i];
        gradient[id * width + i] = sum;
    }
}

// ---- numbers in another order

// Columns of rows: to[row, to_start + i] = from[row, from_start + i]
KERNEL copy_columns(i64 rows, i64 width, float *to, i64 to_width, i64 to_start, const float *from, i64 from_width,
                    i64 from_start) {
    EACH(i, rows * width) {
        i64 row = i / width, column = i % width;
        to[row * to_width + to_start + column] = from[row * from_width + from_start + column];
    }
}

KERNEL transpose(i64 n, i64 rows, i64 columns, float *to, const float *from) {
    EACH(i, n) {
        i64 matrix = i / (rows * columns), within = i % (rows * columns);
        to[i] = from[matrix * rows * columns + within % rows * columns + within / rows];
    }
}

// Of each image of `length` numbers those at `count` places; 0 for a place after its end.
KERNEL gather(i64 n, i64 count, float *y, const float *x, i64 length, const u64 *places) {
    EACH(i, n) {
        u64 place = places[i % count];
        y[i] = place < (u64)length ? x[i / count * length + place] : 0.0f;
    }
}

// The way back: `seen` lists for each number of an image where it was gathered, `starts` where each list begins.
KERNEL scatter(i64 n, i64 length, float *of_x, const float *g, i64 count, const u64 *starts, const u64 *seen, int adds) {
    EACH(i, n) {
        i64 image = i / length, place = i % length;
        float sum = adds ? of_x[i] : 0.0f;
        for (u64 at = starts[place]; at < starts[place + 1]; at++) sum += g[image * count + seen[at]];
        of_x[i] = sum;
    }
}

// Rotary positions: pairs (i, i + half) of each head are turned by the angle of their row's position.
KERNEL turn(i64 rows, i64 width, i64 half, i64 positions, float *y, const float *x, const float *cosines,
            const float *sines, float direction) {
    EACH(i, rows * width / 2) {
        i64 row = i / (width / 2), pair = i % (width / 2);
        i64 place = row * width + pair / half * 2 * half + pair % half, angle = row % positions * half + pair % half;
        float a = x[place], b = x[place + half], cosine = cosines[angle], sine = sines[angle] * direction;
        y[place] = a * cosine - b * sine;
        y[place + half] = b * cosine + a * sine;
    }
}

// ---- rows that become one: 0 mean, 1 max, 2 first, 3 last; `mask` may be missing

__device__ int counts(const float *mask, i64 row) { return !mask || mask[row] != 0.0f; }

__device__ i64 chosen(const float *mask, i64 rows, int last) {
    if (last) {
        for (i64 row = rows - 1; row > 0; row--)
            if (counts(mask, row)) return row;
        return 0;
    }
    for (i64 row = 0; row < rows; row++)
        if (counts(mask, row)) return row;
    return 0;
}

__device__ float counted(const float *mask, i64 rows) {
    float count = 0.0f;
    for (i64 row = 0; row < rows; row++) count += counts(mask, row) ? 1.0f : 0.0f;
    return count;
}

KERNEL pool(i64 groups, i64 rows, i64 width, float *y, const float *x, const float *mask, int kind) {
    EACH(i, groups * width) {
        i64 group = i / width, column = i % width;
        const float *from = x + group * rows * width + column, *shown = mask ? mask + group * rows : 0;
        float result = kind == 1 ? -INFINITE : 0.0f;
        if (kind == 0) {
            // What does not count is not left out, so that what is no number in it shows.
            for (i64 row = 0; row < rows; row++) result += (shown ? shown[row] : 1.0f) * from[row * width];
            result /= counted(shown, rows);
        } else if (kind == 1) {
            for (i64 row = 0; row < rows; row++)
                if (counts(shown, row)) result = larger(from[row * width], result);
        } else {
            result = from[chosen(shown, rows, kind == 3) * width];
        }
        y[i] = result;
    }
}

// Adds to `of_x`; x and y only of max.
KERNEL pool_back(i64 groups, i64 rows, i64 width, float *of_x, const float *g, const float *x, const float *y,
                 const float *mask, int kind) {
    EACH(i, groups * width) {
        i64 group = i / width, column = i % width, start = group * rows * width + column;
        const float *shown = mask ? mask + group * rows : 0;
        if (kind == 0) {
            float count = counted(shown, rows);
            for (i64 row = 0; row < rows; row++) of_x[start + row * width] += (shown ? shown[row] : 1.0f) / count * g[i];
        } else if (kind == 1) {
            for (i64 row = 0; row < rows; row++) {
                float at = x[start + row * width];
                if (counts(shown, row) && (at == y[i] || at != at)) {
                    of_x[start + row * width] += g[i];
                    break;
                }
            }
        } else {
            of_x[start + chosen(shown, rows, kind == 3) * width] += g[i];
        }
    }
}
