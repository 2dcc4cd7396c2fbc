// The icons in use, by the job they do; one place, so that a glyph means one thing.
export {
  IconActivityHeartbeat as IconMesh, IconAdjustmentsHorizontal as IconSettings, IconAlertTriangle as IconWarn, IconArrowBackUp as IconUndo, IconArrowRight, IconArrowsMaximize as IconFit, IconBinaryTree2 as IconOutline,
  IconCheck, IconChevronDown, IconChevronRight, IconChevronUp, IconClock as IconStale, IconCopy, IconDownload, IconExternalLink as IconExternal, IconFileText as IconConfig, IconFocusCentered as IconCentre, IconHexagon as IconServices,
  IconLayoutDashboard as IconOverview, IconLayoutDistributeHorizontal as IconTidy, IconLock as IconLocked, IconLockOpen as IconUnlocked, IconLockOff as IconNotAllowed, IconMinus, IconMoon, IconPlayerPause as IconPause,
  IconPlayerPlay as IconPlay, IconPlus, IconRefresh, IconAlignLeft as IconTraces, IconSearch, IconServer2 as IconWorkloads, IconSun, IconTable, IconTimeline, IconAffiliate as IconGraph, IconX as IconClose,
} from '@tabler/icons-react';
