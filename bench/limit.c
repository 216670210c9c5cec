/* Pools subsets of 13 trials by REML with the modified Hartung-Knapp SE, on one thread: what a processor can do.

   Reads y and v as doubles and the masks as bytes; writes the best of fifty times in milliseconds of processor
   time and the sum of all estimates and SEs, by which the result is checked. */
#include <math.h>
#include <stdio.h>
#include <time.h>

enum { ROWS = 10000, MOST = 13 };
typedef struct { double total, mean, q, slope; } Sums; /* the slope is negative where the likelihood rises */
static double all_y[MOST], all_v[MOST];
static unsigned char masks[ROWS][MOST];

static Sums weigh(const double *y, const double *v, int k, double tau2)
{
    double w[MOST], squares = 0, sum = 0, ypp = 0;
    Sums at = {0};
    for (int i = 0; i < k; i++) {
        w[i] = 1 / (v[i] + tau2);
        at.total += w[i];
        squares += w[i] * w[i];
        sum += w[i] * y[i];
    }
    at.mean = sum / at.total;
    for (int i = 0; i < k; i++) {
        double gap = y[i] - at.mean, r = w[i] * gap;
        at.q += r * gap;
        ypp += r * r;
    }
    at.slope = (at.total - squares / at.total) / ypp - 1;
    return at;
}

static double likelihood(const double *v, int k, double tau2, const Sums *at)
{
    double logs = log(at->total) + at->q;
    for (int i = 0; i < k; i++)
        logs += log(v[i] + tau2);
    return -logs / 2;
}

static Sums highest_peak(const double *y, const double *v, int k)
{
    int near = 0;
    double squares = 0;
    for (int i = 1; i < k; i++)
        near = v[i] < v[near] ? i : near;
    for (int i = 0; i < k; i++)
        squares += (y[i] - y[near]) * (y[i] - y[near]);
    double least = v[near], reach = log1p(squares / least), cells = fmax(10, ceil(reach / log(2)));
    Sums left = weigh(y, v, k, 0), right, found = left;
    double best = left.slope < 0 ? -HUGE_VAL : likelihood(v, k, 0, &left);
    for (double cell = 1, low = 0, high; cell <= cells; cell++, low = high, left = right) {
        high = least * expm1(cell / cells * reach);
        right = weigh(y, v, k, high);
        if (left.slope >= 0 || right.slope < 0)
            continue;
        double a = low, b = high, below = left.slope, above = right.slope, tau2 = a, moved = HUGE_VAL;
        Sums here = left;
        while (moved > 1e-9 * tau2) { /* false position, by the Illinois rule */
            double next = (a * above - b * below) / (above - below), before = here.slope;
            moved = fabs(next - tau2);
            here = weigh(y, v, k, tau2 = next);
            if (here.slope < 0) {
                a = tau2;
                below = here.slope;
                above /= before < 0 ? 2 : 1;
            } else {
                b = tau2;
                above = here.slope;
                below /= before < 0 ? 1 : 2;
            }
        }
        double height = likelihood(v, k, tau2, &here);
        if (height > best) {
            best = height;
            found = here;
        }
    }
    return found;
}

int main(void)
{
    if (fread(all_y, sizeof all_y, 1, stdin) + fread(all_v, sizeof all_v, 1, stdin)
        + fread(masks, sizeof masks, 1, stdin) != 3)
        return 1;
    double best = HUGE_VAL, sum = 0, y[MOST], v[MOST];
    for (int again = 0; again < 50; again++) {
        clock_t began = clock();
        sum = 0;
        for (int row = 0; row < ROWS; row++) {
            int k = 0;
            for (int i = 0; i < MOST; i++)
                if (masks[row][i]) {
                    y[k] = all_y[i];
                    v[k++] = all_v[i];
                }
            Sums at = k > 1 ? highest_peak(y, v, k) : weigh(y, v, k, 0);
            sum += at.mean + (k > 1 ? sqrt(fmax(at.q / (k - 1), 1) / at.total) : 1 / sqrt(at.total));
        }
        best = fmin(best, 1e3 * (clock() - began) / CLOCKS_PER_SEC);
    }
    printf("%.6f %.17g\n", best, sum);
    return 0;
}
