/* Pools subsets of trials by REML with the modified Hartung-Knapp SE, on one thread: what a processor can do.

   Reads B and k, then y, v (k doubles each) and B * k bytes of masks; writes the best of ten times in
   milliseconds of processor time and the sum of all estimates and SEs, by which the result is checked.
   Newton's steps go on the ratio of the two sides of the equation, to a step of 1e-9 (the next is below
   rounding), from each cell of the search of livingreview/statistics/kernel.py that holds a peak, to the
   one of the highest likelihood. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MOST 64

typedef struct { double total, mean, q, ypp, trace, fall, yppp; } Sums;

static Sums weigh(const double *y, const double *v, int k, double tau2)
{
    double w[MOST], s2 = 0, s3 = 0, wy = 0, up = 0, turn = 0;
    Sums at = {0};
    for (int i = 0; i < k; i++) {
        double square = (w[i] = 1 / (v[i] + tau2)) * w[i];
        at.total += w[i];
        s2 += square;
        s3 += square * w[i];
        wy += w[i] * y[i];
    }
    at.mean = wy / at.total;
    for (int i = 0; i < k; i++) {
        double gap = y[i] - at.mean, r = w[i] * gap;
        at.q += r * gap;
        at.ypp += r * r;
        up += w[i] * r * r;
        turn += w[i] * r;
    }
    at.trace = at.total - s2 / at.total;
    at.fall = s2 - 2 * s3 / at.total + s2 * s2 / (at.total * at.total);
    at.yppp = up - turn * turn / at.total;
    return at;
}

/* Solves trace = y'PPy between low and high, and leaves what was weighed last in at. */
static double climb(const double *y, const double *v, int k, double tau2, double low, double high, Sums *at)
{
    for (int step = 0; step < 100; step++) {
        *at = weigh(y, v, k, tau2);
        if (at->ypp > at->trace)
            low = tau2;
        else
            high = tau2;
        double next = tau2
            + (at->ypp - at->trace) * at->ypp / (2 * at->trace * at->yppp - at->fall * at->ypp);
        if (!(next >= low && next <= high))
            next = (low + high) / 2;
        double moved = fabs(next - tau2);
        tau2 = next;
        if (moved <= 1e-9 * tau2 + 1e-16 * v[0])
            break;
    }
    return tau2;
}

static double likelihood(const double *v, int k, double tau2, const Sums *at)
{
    double logs = log(at->total) + at->q;
    for (int i = 0; i < k; i++)
        logs += log(v[i] + tau2);
    return -logs / 2;
}

static Sums highest_peak(const double *y, const double *v, int k, Sums at)
{
    double least = v[0], most = v[0], squares = 0, best = -HUGE_VAL, low = 0;
    int near = 0;
    for (int i = 1; i < k; i++)
        if (v[i] < least)
            least = v[near = i];
    for (int i = 0; i < k; i++) {
        most = v[i] > most ? v[i] : most;
        squares += (y[i] - y[near]) * (y[i] - y[near]);
    }
    double half = squares / (k - 1) / 2, wide = half + sqrt(half * (half + 2 * (most - least)));
    double ceiling = 2 * (squares < wide ? squares : wide), bends = most - 2 * least;
    bends = bends < 0 ? 0 : bends < ceiling ? bends : ceiling;
    double reach = log1p(bends / least), cells = fmax(10, ceil(reach / log(2)));
    double left = at.trace / at.ypp - 1, peak;
    Sums found = at, here;
    if (left >= 0)
        best = likelihood(v, k, 0, &at);
    for (int cell = 1; low < ceiling; cell++) {
        double edge = cell > cells || bends == 0 ? ceiling : least * expm1(cell / cells * reach);
        here = weigh(y, v, k, edge);
        double right = here.trace / here.ypp - 1;
        if (left < 0 && right >= 0) {
            peak = climb(y, v, k, low + (edge - low) * left / (left - right), low, edge, &here);
            double height = likelihood(v, k, peak, &here);
            if (height > best) {
                best = height;
                found = here;
            }
        }
        low = edge;
        left = right;
    }
    return found;
}

int main(void)
{
    int size[2];
    if (fread(size, sizeof(int), 2, stdin) != 2 || size[1] > MOST)
        return 1;
    int count = size[0], k = size[1];
    double *y = malloc(2 * k * sizeof(double)), *v = y + k, best = 1e99, sum = 0;
    unsigned char *mask = malloc((size_t)count * k);
    if (fread(y, sizeof(double), 2 * k, stdin) != 2 * (size_t)k
        || fread(mask, 1, (size_t)count * k, stdin) != (size_t)count * k)
        return 1;
    for (int again = 0; again < 10; again++) {
        struct timespec began, ended;
        sum = 0;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &began);
        for (int row = 0; row < count; row++) {
            double ys[MOST], vs[MOST];
            int n = 0;
            for (int i = 0; i < k; i++)
                if (mask[(size_t)row * k + i]) {
                    ys[n] = y[i];
                    vs[n++] = v[i];
                }
            Sums at = weigh(ys, vs, n, 0);
            if (n > 1)
                at = highest_peak(ys, vs, n, at);
            sum += at.mean + (n > 1 ? sqrt(fmax(at.q / (n - 1), 1) / at.total) : 1 / sqrt(at.total));
        }
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ended);
        double spent = 1e3 * (ended.tv_sec - began.tv_sec) + 1e-6 * (ended.tv_nsec - began.tv_nsec);
        best = spent < best ? spent : best;
    }
    printf("%.6f %.17g\n", best, sum);
    return 0;
}
