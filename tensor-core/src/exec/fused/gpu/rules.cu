
// ---- rules of optimizers: one launch for all weights. A block changes a chunk of one of them.

struct Chunk {
    float *weight;
    const float *gradient;
    float *first, *second, *third; // what the rule remembers, as far as it does
    i64 length;
    float rate, decay; // as shares of the rule's
};

struct Settings {
    float rate, decay;
    // PyTorch's clip_grad_norm_: gradients are scaled so that their norm is at most this; `squares` is the sum of the squares
    // of all of them, or missing.
    float most_norm;
    const float *squares;
    float numbers[6];
    int flag;
};

// The sum of the squares of a chunk's gradients.
KERNEL chunk_squares(const Chunk *chunks, float *sums) {
    __shared__ float parts[256];
    Chunk chunk = chunks[blockIdx.x];
    float sum = 0.0f;
    for (i64 i = threadIdx.x; i < chunk.length; i += blockDim.x) sum += chunk.gradient[i] * chunk.gradient[i];
    parts[threadIdx.x] = sum;
    __syncthreads();
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) parts[threadIdx.x] += parts[threadIdx.x + half];
        __syncthreads();
    }
    if (threadIdx.x == 0) sums[blockIdx.x] = parts[0];
}

// What gradients are multiplied with.
__device__ float scale_of(const Settings &s) {
    if (!s.squares) return 1.0f;
    float scale = s.most_norm / (sqrtf(*s.squares) + 1e-6f);
    return scale >= 1.0f ? 1.0f : scale; // NaN goes through
}

#define EACH_OF_CHUNK(i) for (i64 i = threadIdx.x; i < chunk.length; i += blockDim.x)

// numbers: β₁, β₂, 1 − β₁ᵗ, 1 / √(1 − β₂ᵗ), eps; flag: whether weights decay by themselves
KERNEL adam(const Chunk *chunks, Settings s) {
    Chunk chunk = chunks[blockIdx.x];
    float scale = scale_of(s), rate = s.rate * chunk.rate, decay = s.decay * chunk.decay;
    float keeps = s.flag ? 1.0f - rate * decay : 1.0f, added = s.flag ? 0.0f : decay, beta_1 = s.numbers[0],
          beta_2 = s.numbers[1];
    EACH_OF_CHUNK(i) {
        float w = chunk.weight[i], g = chunk.gradient[i] * scale + w * added;
        float m = chunk.first[i] * beta_1 + g * (1.0f - beta_1);
        float v = chunk.second[i] * beta_2 + g * g * (1.0f - beta_2);
        chunk.first[i] = m;
        chunk.second[i] = v;
        chunk.weight[i] = w * keeps - rate / s.numbers[2] * m / (sqrtf(v) * s.numbers[3] + s.numbers[4]);
    }
}

// numbers: what stays of the momentum, what a gradient counts in it, what the momentum and the gradient count in the step
KERNEL sgd(const Chunk *chunks, Settings s) {
    Chunk chunk = chunks[blockIdx.x];
    float scale = scale_of(s), rate = s.rate * chunk.rate, decay = s.decay * chunk.decay;
    EACH_OF_CHUNK(i) {
        float w = chunk.weight[i], g = chunk.gradient[i] * scale + w * decay, step = g;
        if (chunk.first) {
            float b = chunk.first[i] * s.numbers[0] + g * s.numbers[1];
            chunk.first[i] = b;
            step = b * s.numbers[2] + g * s.numbers[3];
        }
        chunk.weight[i] = w - rate * step;
    }
}

// numbers: β₁, β₂
KERNEL lion(const Chunk *chunks, Settings s) {
    Chunk chunk = chunks[blockIdx.x];
    float scale = scale_of(s), rate = s.rate * chunk.rate, keeps = 1.0f - rate * s.decay * chunk.decay;
    EACH_OF_CHUNK(i) {
        float g = chunk.gradient[i] * scale, m = chunk.first[i];
        float direction = m * s.numbers[0] + g * (1.0f - s.numbers[0]);
        float step = direction > 0.0f ? rate : direction < 0.0f ? -rate : direction; // NaN stays, 0 does nothing
        chunk.weight[i] = chunk.weight[i] * keeps - step;
        chunk.first[i] = m * s.numbers[1] + g * (1.0f - s.numbers[1]);
    }
}

// numbers: α, eps, what stays of the momentum; flag: whether the variance takes the place of the mean square
KERNEL rms_prop(const Chunk *chunks, Settings s) {
    Chunk chunk = chunks[blockIdx.x];
    float scale = scale_of(s), rate = s.rate * chunk.rate, decay = s.decay * chunk.decay, alpha = s.numbers[0];
    EACH_OF_CHUNK(i) {
        float w = chunk.weight[i], g = chunk.gradient[i] * scale + w * decay;
        float v = chunk.first[i] * alpha + g * g * (1.0f - alpha), step, mean = 0.0f;
        chunk.first[i] = v;
        if (chunk.second) {
            if (s.flag) mean = chunk.third[i] * alpha + g * (1.0f - alpha);
            chunk.third[i] = mean;
            float variance = v - mean * mean; // rounding may leave less than none; NaN stays
            step = chunk.second[i] * s.numbers[2] + g / (sqrtf(variance < 0.0f ? 0.0f : variance) + s.numbers[1]);
            chunk.second[i] = step;
        } else {
            step = g / (sqrtf(v) + s.numbers[1]);
        }
        chunk.weight[i] = w - rate * step;
    }
}
