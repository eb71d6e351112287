
// ---- losses, and their gradients by what a network gave. Each kernel leaves a few sums, of rows or of blocks, to `total`.

// The sum over a block of whole warps, in its first thread.
__device__ float block_sum(float x) {
    __shared__ float parts[32];
    x = warp_sum(x);
    if (LANE == 0) parts[threadIdx.x / 32] = x;
    __syncthreads();
    x = threadIdx.x < blockDim.x / 32 ? parts[threadIdx.x] : 0.0f;
    return warp_sum(x);
}

// One block: y = scale · Σ x.
KERNEL total(i64 n, float *y, const float *x, float scale) {
    __shared__ double parts[1024];
    double sum = 0.0;
    for (i64 i = threadIdx.x; i < n; i += blockDim.x) sum += x[i];
    parts[threadIdx.x] = sum;
    __syncthreads();
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) parts[threadIdx.x] += parts[threadIdx.x + half];
        __syncthreads();
    }
    if (threadIdx.x == 0) *y = (float)(parts[0] * scale);
}

// What a row's exponentials are divided by, and its largest number, from which they are counted.
__device__ float sum_of_exponentials(const float *x, i64 width, float *largest) {
    float most = -INFINITE, sum = 0.0f;
    for (i64 i = LANE; i < width; i += 32) most = larger(x[i], most);
    most = warp_largest(most);
    for (i64 i = LANE; i < width; i += 32) sum += expf(x[i] - most);
    *largest = most;
    return warp_sum(sum);
}

// For each row ln Σ eˣ − x[label], and as the gradient (softmax − 1 at the label) · share. Without labels, row i's is i.
KERNEL cross_entropy(i64 rows, i64 width, float *gradient, float *losses, const float *logits, const u64 *labels,
                     float share) {
    EACH_ROW(row, rows) {
        const float *x = logits + row * width;
        i64 label = labels ? (i64)labels[row] : row;
        float most, sum = sum_of_exponentials(x, width, &most);
        for (i64 i = LANE; i < width; i += 32)
            gradient[row * width + i] = (expf(x[i] - most) / sum - (i == label ? 1.0f : 0.0f)) * share;
        if (LANE == 0) losses[row] = most - x[label] + logf(sum);
    }
}

// For each row Σ target·(ln Σ eˣ − x), where a row's target is its share at the label, and `smooth`, which may be missing,
// everywhere. Rows of the label `ignored` don't count.
KERNEL weighted_cross_entropy(i64 rows, i64 width, float *gradient, float *losses, const float *logits, const u64 *labels,
                              const float *shares, const float *smooth, u64 ignored) {
    EACH_ROW(row, rows) {
        const float *x = logits + row * width;
        float *to = gradient + row * width;
        if (labels[row] == ignored) {
            for (i64 i = LANE; i < width; i += 32) to[i] = 0.0f;
            if (LANE == 0) losses[row] = 0.0f;
            continue;
        }
        float most, sum = sum_of_exponentials(x, width, &most), level = logf(sum), all = 0.0f, loss = 0.0f;
        for (i64 i = LANE; smooth && i < width; i += 32) all += smooth[i];
        all = warp_sum(all) + shares[row];
        for (i64 i = LANE; i < width; i += 32) {
            float target = (smooth ? smooth[i] : 0.0f) + (i == (i64)labels[row] ? shares[row] : 0.0f);
            to[i] = expf(x[i] - most) * (all / sum) - target;
            loss += target == 0.0f ? 0.0f : target * (most - x[i] + level);
        }
        loss = warp_sum(loss);
        // A NaN shows, whatever its class counts.
        if (LANE == 0) losses[row] = level == level ? loss : level;
    }
}

// The same against probabilities: the target is t·`times` + `plus`, of each column.
KERNEL soft_cross_entropy(i64 rows, i64 width, float *gradient, float *losses, const float *logits, const float *target,
                          const float *times, const float *plus) {
    EACH_ROW(row, rows) {
        const float *x = logits + row * width, *t = target + row * width;
        float most, sum = sum_of_exponentials(x, width, &most), level = logf(sum), all = 0.0f, loss = 0.0f;
        for (i64 i = LANE; i < width; i += 32) all += t[i] * times[i] + plus[i];
        all = warp_sum(all);
        for (i64 i = LANE; i < width; i += 32) {
            float share = t[i] * times[i] + plus[i];
            gradient[row * width + i] = expf(x[i] - most) * (all / sum) - share;
            loss += share == 0.0f ? 0.0f : share * (most - x[i] + level);
        }
        loss = warp_sum(loss);
        if (LANE == 0) losses[row] = level == level ? loss : level;
    }
}

// Each number against its target: 0 squares, 1 absolute values, 2 Huber's, 3 Kullback-Leibler. A sum for each block.
KERNEL compare(i64 n, float *gradient, float *sums, const float *y, const float *target, int kind, float delta,
               float scale) {
    float sum = 0.0f;
    EACH(i, n) {
        float t = target[i], d = y[i] - t, size = fabsf(d), loss, slope;
        float sign = d == 0.0f || d != d ? d : copysignf(1.0f, d);
        switch (kind) {
        case 0: loss = d * d, slope = 2.0f * d; break;
        case 1: loss = size, slope = sign; break;
        case 2:
            if (size < delta) loss = 0.5f * d * d, slope = d;
            else loss = delta * (size - 0.5f * delta), slope = delta * sign;
            break;
        default: loss = t == 0.0f ? 0.0f : t * (logf(t) - y[i]), slope = -t;
        }
        gradient[i] = slope * scale;
        sum += loss;
    }
    sum = block_sum(sum);
    if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

// For each number (1 − t)·x + (1 + (w − 1)·t)·ln(1 + e⁻ˣ), where w, 1 if missing, is that of its column. A sum for each block.
KERNEL binary_cross_entropy(i64 n, i64 width, float *gradient, float *sums, const float *logits, const float *target,
                            const float *weights, float scale) {
    float sum = 0.0f;
    EACH(i, n) {
        float x = logits[i], t = target[i], weight = weights ? 1.0f + (weights[i % width] - 1.0f) * t : 1.0f;
        float below = x > 0.0f ? 0.0f : -x; // not the larger of the two, which would lose a NaN
        sum += (1.0f - t) * x + weight * (below + log1pf(expf(-fabsf(x))));
        gradient[i] = (1.0f - t - weight * sigmoid(-x)) * scale;
    }
    sum = block_sum(sum);
    if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

// Sets the flag if a number is no probability, or, where they should, the numbers of a row don't sum up to 1.
KERNEL improbable(i64 rows, i64 width, float *flag, const float *target, int sums, float rounding) {
    EACH_ROW(row, rows) {
        float sum = 0.0f;
        int wrong = 0;
        for (i64 i = LANE; i < width; i += 32) {
            float p = target[row * width + i];
            wrong |= !(p >= 0.0f && p <= 1.0f);
            sum += p;
        }
        sum = warp_sum(sum);
        wrong |= sums && !(fabsf(sum - 1.0f) <= rounding);
        if (wrong) *flag = 1.0f; // whoever writes it writes the same
    }
}

// For each pair of rows 1 − cos if they are to be alike, else max(0, cos − margin), and the gradient by `a`.
KERNEL cosine_embedding(i64 rows, i64 width, float *gradient, float *losses, const float *a, const float *b,
                        const u64 *alike, float margin, float scale) {
    EACH_ROW(row, rows) {
        const float *x = a + row * width, *y = b + row * width;
        float dot = 0.0f, xx = 0.0f, yy = 0.0f;
        for (i64 i = LANE; i < width; i += 32) dot += x[i] * y[i], xx += x[i] * x[i], yy += y[i] * y[i];
        // PyTorch adds this to squared lengths, so that the cosine with a row of zeros is 0.
        dot = warp_sum(dot), xx = warp_sum(xx) + 1e-12f, yy = warp_sum(yy) + 1e-12f;
        float length = sqrtf(xx) * sqrtf(yy), cosine = dot / length, loss = cosine - margin, slope = scale;
        if (alike[row]) loss = 1.0f - cosine, slope = -scale;
        else if (cosine <= margin) loss = 0.0f, slope = 0.0f;
        float of_y = slope / length, of_x = slope * cosine / xx;
        for (i64 i = LANE; i < width; i += 32) gradient[row * width + i] = of_y * y[i] - of_x * x[i];
        if (LANE == 0) losses[row] = loss;
    }
}

// A row's length, at least that for which PyTorch's `normalize` takes shorter ones.
__device__ float length_of(const float *row, i64 width) {
    float squares = 0.0f;
    for (i64 i = LANE; i < width; i += 32) squares += row[i] * row[i];
    float length = sqrtf(warp_sum(squares));
    return length < 1e-12f ? 1e-12f : length;
}

KERNEL unit_rows(i64 rows, i64 width, float *units, const float *x) {
    EACH_ROW(row, rows) {
        float share = 1.0f / length_of(x + row * width, width);
        for (i64 i = LANE; i < width; i += 32) units[row * width + i] = x[row * width + i] * share;
    }
}

// From the gradient by unit rows to that by the rows.
KERNEL unit_rows_back(i64 rows, i64 width, float *gradient, const float *x, const float *units) {
    EACH_ROW(row, rows) {
        const float *unit = units + row * width;
        float *g = gradient + row * width, share = 1.0f / length_of(x + row * width, width), along = 0.0f;
        for (i64 i = LANE; i < width; i += 32) along += unit[i] * g[i];
        along = warp_sum(along);
        for (i64 i = LANE; i < width; i += 32) g[i] = (g[i] - along * unit[i]) * share;
    }
}
