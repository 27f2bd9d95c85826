/** The few pictures that buttons need; drawn on a 24 by 24 grid. */

const icon = (path: string) =>
  function Icon({ size = 18 }: { size?: number }) {
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth={2}
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden
        style={{ flexShrink: 0 }}
      >
        <path d={path} />
      </svg>
    );
  };

export const SunIcon = icon("M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5L19 19M5 19l1.5-1.5M17.5 6.5L19 5");
export const MoonIcon = icon("M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z");
export const ScreenIcon = icon("M3 5h18v11H3zM8 20h8M12 16v4");
export const UploadIcon = icon("M12 16V4M7 9l5-5 5 5M4 20h16");
export const CloseIcon = icon("M6 6l12 12M18 6L6 18");
export const MenuIcon = icon("M4 6h16M4 12h16M4 18h16");
export const DownloadIcon = icon("M12 4v12M7 11l5 5 5-5M4 20h16");
export const PlusIcon = icon("M12 5v14M5 12h14");
